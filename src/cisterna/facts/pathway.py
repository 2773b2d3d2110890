"""What the course of a person goes by: criteria, contraindications, trials, verdicts, roles, steps.

All of it stands in `pathway.toml`, each row with its source; names and codes of the indications
stand in `terms.toml`. A row without a number is a rule, and says where it comes from as a number
does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cisterna.facts.cited import Cited, cited
from cisterna.facts.library import Library, Rule, Term, known, table
from cisterna.facts.site import Site


@dataclass(frozen=True, slots=True)
class Indication:
    """A condition that brings somebody here: what it is, and the scales it is followed by.

    `asks` are items of evidence of its own, `map` the part of the body that its map of pain names.
    """

    term: Term
    group: str
    scales: tuple[str, ...]
    fast_track: bool
    evidence: Rule
    asks: tuple[str, ...] = ()
    map: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """ICD-10-CM codes; none where the fact books give none."""
        return tuple(self.term.row.get("icd10cm", {}).get("value", ()))


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the five criteria of candidacy, and the items of evidence it needs."""

    id: str
    name: str
    row: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contraindication:
    """A finding of the screen: phases it blocks, drugs it removes, whether two may override it.

    `purpose` is set where only one kind of therapy asks for it.
    """

    id: str
    name: str
    kind: str
    action: str
    blocks: tuple[str, ...]
    drugs: tuple[str, ...]
    override: bool
    purpose: str
    evidence: Rule


@dataclass(frozen=True, slots=True)
class Hold:
    """How long an anticoagulant is held before a puncture; None where no figure is known."""

    drug: str
    hold: Cited | None


@dataclass(frozen=True, slots=True)
class Prognosis:
    """A class of life expectancy; `implant` is no, exception or yes."""

    id: str
    name: str
    implant: str
    system: str
    evidence: Rule


@dataclass(frozen=True, slots=True)
class TrialKind:
    """A type of trial: for what, with which drugs, how long it is watched, the doses it knows."""

    id: str
    name: str
    purpose: str
    drugs: tuple[str, ...]
    setting: str
    limit: str
    observe: Cited | None
    between: Cited | None
    doses: tuple[Cited, ...]
    evidence: Rule


@dataclass(frozen=True, slots=True)
class CheckItem:
    """An item asked before an implant; `guard` is what the record itself has to show for it."""

    id: str
    name: str
    skip: bool
    guard: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the course and the guards that must hold for it."""

    before: str
    after: str
    guards: tuple[str, ...]
    evidence: Rule


class Pathway:
    """Every rule of the course, with one site's values laid over them.

    Raises `UnknownFact` for a name that nobody has.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.library = library or Library()
        self._site: Site = self.library.site
        self._rows = table("pathway")

    def ids(self, kind: str) -> tuple[str, ...]:
        """Every name of a kind, such as `contraindication`."""
        return tuple(self._rows[kind])

    def ids_below(self, kind: str, name: str) -> tuple[str, ...]:
        """Every name below one of a kind, such as the looks of a trial for pain."""
        return tuple(self._row(kind, name))

    def figure(self, path: str) -> Cited:
        """A number by its path below the file, such as `valid.screen`."""
        row: Any = self._rows
        for part in path.split("."):
            row = row[known(part, row, "fact of the pathway")]
        return self._cited(path, row)

    def indication(self, name: str) -> Indication:
        """An indication by its id."""
        row = self._row("indication", name)
        term = self.library.term("indication", name)
        scales = tuple(row["scales"])
        rest = tuple(row.get("asks", ())), row.get("map", "")
        fast = row.get("fast_track", False)
        return Indication(term, row["group"], scales, fast, rule_of(row), *rest)

    def criterion(self, name: str) -> Criterion:
        """One of the five criteria."""
        row = self._row("criterion", name)
        return Criterion(name, row["name"], row["row"], tuple(row["needs"]))

    def contraindication(self, name: str) -> Contraindication:
        """A finding of the screen."""
        row = self._row("contraindication", name)
        blocks, drugs = tuple(row["blocks"]), tuple(row.get("drugs", ()))
        rest = row.get("override", False), row.get("purpose", ""), rule_of(row)
        return Contraindication(
            name, row["name"], row["class"], row["action"], blocks, drugs, *rest
        )

    def screen(self, purpose: str) -> tuple[Contraindication, ...]:
        """Every finding that a screen for this purpose has to answer."""
        every = (self.contraindication(name) for name in self.ids("contraindication"))
        return tuple(c for c in every if c.purpose in ("", purpose))

    def hold(self, drug: str) -> Hold:
        """How long an anticoagulant is held."""
        row = self._row("anticoagulant", drug)
        path = f"anticoagulant.{drug}.hold"
        return Hold(drug, self._cited(path, row["hold"]) if "hold" in row else None)

    def prognosis(self, name: str) -> Prognosis:
        """A class of prognosis, A to D."""
        row = self._row("prognosis", name)
        return Prognosis(name, row["name"], row["implant"], row["system"], rule_of(row))

    def trial(self, name: str) -> TrialKind:
        """A type of trial."""
        row = self._row("trial", name)
        about = row["name"], row["purpose"], tuple(row["drugs"]), row["setting"]
        doses = tuple(self.figure(f"trial.{name}.{key}") for key in row if key.startswith("dose-"))
        observe, between = (
            self.figure(f"trial.{name}.{key}") if key in row else None
            for key in ("observe", "between")
        )
        limit = row.get("limit", "")
        return TrialKind(name, *about, limit, observe, between, doses, rule_of(row))

    def scale(self, name: str) -> tuple[str, ...]:
        """The steps of a scale, from the least on."""
        return tuple(self._row("scale", name)["steps"])

    def checklist(self) -> tuple[CheckItem, ...]:
        """Every item that is asked before an implant."""
        rows = self._rows["checklist"].items()
        return tuple(CheckItem(k, r["name"], r["skip"], r.get("guard", "")) for k, r in rows)

    def before(self, act: str) -> tuple[str, ...]:
        """The guards that must hold before an act within a place of the course."""
        return tuple(self._row("before", act)["guards"])

    def red_flag(self, name: str) -> tuple[str, str]:
        """The emergency card of a red flag, and what to do at once."""
        row = self._row("red_flag", name)
        return str(row["card"]), str(row["action"])

    def sides(self) -> tuple[str, ...]:
        """The sides of the body on which a part can lie."""
        return tuple(self._row("options", "sides")["known"])

    def team_needs(self) -> tuple[str, ...]:
        """The roles whose opinion an implant needs."""
        return tuple(self._row("team", "implant")["needs"])

    def regions(self) -> Mapping[str, str]:
        """Every region of the body with the part that it is of."""
        return {name: str(row["part"]) for name, row in self._rows["region"].items()}

    def region_name(self, name: str) -> str:
        """A region in words."""
        return str(self._row("region", name)["name"])

    def options(self, name: str) -> tuple[str, ...]:
        """A list to choose from, such as `pain_nature`."""
        return tuple(self._row("options", name)["known"])

    def treatments(self) -> tuple[str, ...]:
        """Every kind of treatment that somebody may have had."""
        return tuple(self._row("options", "treatments")["known"])

    def treatments_asked(self, purpose: str) -> tuple[str, ...]:
        """Which kinds of treatment have to be answered before the evaluation is signed."""
        return tuple(self._row("treatment", purpose)["asked"])

    def waiver_allowed(self, purpose: str) -> bool:
        """Whether a trial for this purpose may be waived."""
        return bool(self._row("waiver", purpose)["allowed"])

    def psychology_asked(self, indication: Indication) -> bool:
        """Whether a psychologist has to be heard before an implant for this indication."""
        row = self._rows["psychology"]
        spared = row["unless_cancer"] and indication.term.cancer
        return indication.term.purpose == row["purpose"] and not spared

    def breathing_asked(self) -> tuple[str, ...]:
        """The items of our own checklist on the risk to breathing."""
        return tuple(self._rows["respiratory"]["asked"])

    def cell(self, row: str, role: str) -> str:
        """How far a role may go in a row of the matrix; empty where it may not."""
        return str(self._row("permission", row).get(role, ""))

    def may(self, act: str, role: str) -> bool:
        """Whether a role may do an act."""
        row = self._row("act", act)
        return self.cell(row["row"], role) in row["cells"]

    def rights(self) -> tuple[str, ...]:
        """What she may let somebody see and do who cares for her."""
        return tuple(self._rows["access_right"])

    def right(self, act: str) -> str:
        """The right that an act asks of who cares for her, besides the role; empty is none."""
        return str(self._row("act", act).get("right", ""))

    def correctable(self, act: str) -> bool:
        """Whether what an act recorded may be recorded again as it should have been.

        That is so for what was seen or said, not for what was signed, given or changed by it.
        """
        return bool(self._row("act", act).get("correctable", False))

    def step(self, before: str, after: str) -> Step | None:
        """The step of the course from one place to another, if there is one."""
        row = self._rows["step"].get(before, {}).get(after)
        return None if row is None else Step(before, after, tuple(row["guards"]), rule_of(row))

    def steps(self) -> tuple[Step, ...]:
        """Every step of the course."""
        pairs = [(b, a) for b, row in self._rows["step"].items() for a in row]
        return tuple(step for pair in pairs if (step := self.step(*pair)) is not None)

    def rule(self, kind: str, name: str) -> Rule:
        """Where a rule comes from."""
        return rule_of(self._row(kind, name))

    def _row(self, kind: str, name: str) -> Mapping[str, Any]:
        rows = self._rows[kind]
        return dict(rows[known(name, rows, kind)])

    def _cited(self, path: str, row: Mapping[str, Any]) -> Cited:
        return cited(f"pathway.{path}", self._site(f"pathway.{path}", row))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """Where the rule of a data row comes from."""
    return Rule(
        row.get("authority", "ours" if row["source"] == "ours" else "published"),
        row["source"],
        row["locator"],
        row["certainty"],
    )
