"""A drug: what may be given, by whom it is limited, and what harms when it stops."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited
from cisterna.facts.limit import Limit, Situation, limit


@dataclass(frozen=True, slots=True)
class Remark:
    """A contraindication, an interaction or a caution: the term, why, and the evidence."""

    term: str
    why: str
    source: str
    locator: str
    certainty: str
    blocks: tuple[str, ...] = ()
    jurisdiction: str | None = None
    authority: str = "label"


@dataclass(frozen=True, slots=True)
class Product:
    """A product on the market: its strength, containers and what its label is for."""

    id: str
    name: str
    strength: Cited
    containers: tuple[Cited, ...]
    jurisdictions: tuple[str, ...]
    preservative_free: bool
    pump_label: bool
    pumps: tuple[str, ...] | None
    purposes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class FirstFill:
    """What the label asks of the first fill of a pump with this drug."""

    concentration: Cited
    rinse_count: Cited
    rinse_volume: Cited
    life: Cited


@dataclass(frozen=True, slots=True)
class Screening:
    """How the screening bolus decides the starting dose."""

    start_factor: Cited
    start_factor_long: Cited
    long_effect: Cited


@dataclass(frozen=True, slots=True)
class TipRange:
    """The vertebral levels between which a source puts the catheter tip."""

    low: str
    high: str
    source: str
    locator: str
    certainty: str
    authority: str


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug as its data file and its class file know it."""

    id: str
    name: str
    tall_man: str
    drug_class: str
    unit: str
    basis: str
    stopping_harms: bool
    withdrawal: str
    patient_dosing: bool
    purposes: tuple[str, ...]
    limits: tuple[Limit, ...]
    products: Mapping[str, Product]
    contraindications: tuple[Remark, ...]
    interactions: tuple[Remark, ...]
    cautions: tuple[Remark, ...]
    first_fill: FirstFill | None
    screening: Screening | None
    tip: TipRange | None
    diffusivity: Cited | None

    @property
    def is_opioid(self) -> bool:
        """Whether rules for opioids apply."""
        return self.drug_class == "opioid"

    def of_kind(self, kind: str, situation: Situation) -> tuple[Limit, ...]:
        """The limits of a kind that nothing stated in the order excludes."""
        return tuple(x for x in self.limits if x.kind == kind and x.applies(situation))

    def ever(self, kind: str) -> tuple[Limit, ...]:
        """Every limit of a kind, whatever the situation."""
        return tuple(x for x in self.limits if x.kind == kind)


def drug(
    row: Mapping[str, Any], shared: Mapping[str, Any], general: Mapping[str, Any], confirm: Any
) -> Drug:
    """Build a drug from its file, its class file and the file of general rules.

    `confirm` is the site's overlay: it takes a path and a row and gives the row to use.
    Raises `BrokenFacts` or a `QuantityError` for a data file against its schema.
    """
    name = row["id"]
    limits = {
        **{f"{row['class']}.limit.{k}": v for k, v in shared.get("limit", {}).items()},
        **{f"{name}.limit.{k}": v for k, v in row.get("limit", {}).items()},
    }
    tip = row.get("tip", shared.get("tip"))
    parts = (general, shared, row)
    return Drug(
        id=name,
        name=row["name"],
        tall_man=row["tall_man"],
        drug_class=row["class"],
        unit=row["unit"],
        basis=row["basis"],
        stopping_harms=row["stopping_harms"],
        withdrawal=row["withdrawal"],
        patient_dosing=row["patient_dosing"],
        purposes=tuple(row["purposes"]),
        limits=tuple(limit(k, confirm(k, v)) for k, v in limits.items()),
        products={k: _product(name, k, v, confirm) for k, v in row.get("product", {}).items()},
        contraindications=_remarks("contraindication", *parts),
        interactions=_remarks("interaction", *parts),
        cautions=_remarks("caution", *parts),
        first_fill=_group(FirstFill, f"{name}.first_fill", row.get("first_fill"), confirm),
        screening=_group(Screening, f"{name}.screening", row.get("screening"), confirm),
        tip=_tip(tip),
        diffusivity=_maybe(f"{name}.diffusivity", row.get("diffusivity"), confirm),
    )


def _maybe(path: str, row: Mapping[str, Any] | None, confirm: Any) -> Cited | None:
    return None if row is None else cited(path, confirm(path, row))


def _group(kind: type[Any], path: str, row: Mapping[str, Any] | None, confirm: Any) -> Any:
    if row is None:
        return None
    return kind(**{k: cited(f"{path}.{k}", confirm(f"{path}.{k}", row[k])) for k in kind.__slots__})


def _product(drug_id: str, name: str, row: Mapping[str, Any], confirm: Any) -> Product:
    path = f"{drug_id}.product.{name}"
    pumps = row.get("pumps")
    return Product(
        id=name,
        name=row["name"],
        strength=cited(f"{path}.strength", confirm(f"{path}.strength", row["strength"])),
        containers=tuple(
            cited(f"{path}.containers.{n}", confirm(f"{path}.containers.{n}", c))
            for n, c in enumerate(row.get("containers", ()))
        ),
        jurisdictions=tuple(row["jurisdiction"]),
        preservative_free=row["preservative_free"],
        pump_label=row["pump_label"],
        pumps=None if pumps is None else tuple(pumps),
        purposes=tuple(row["purposes"]),
        source=row["source"],
    )


def _remarks(kind: str, *parts: Mapping[str, Any]) -> tuple[Remark, ...]:
    """The rows of general rules, class and drug; the most particular row of a term wins."""
    rows: dict[tuple[str, str | None], Remark] = {}
    for part in parts:
        for row in part.get(kind, ()):
            remark = Remark(
                row["term"],
                row["why"],
                row["source"],
                row["locator"],
                row["certainty"],
                tuple(row.get("blocks", ())),
                row.get("jurisdiction"),
                row.get("authority", "label"),
            )
            rows[(remark.term, remark.jurisdiction)] = remark
    return tuple(rows.values())


def _tip(row: Mapping[str, Any] | None) -> TipRange | None:
    if row is None:
        return None
    return TipRange(*(row[k] for k in TipRange.__slots__))
