"""The site's own formulary: values that a pharmacist confirmed or narrowed.

A site file (`cisterna/site/1`) names a value by its path, as `cisterna facts` prints it:

    schema = "cisterna/site/1"
    [[confirm]]
    fact = "morphine.limit.ceiling-consensus"
    value = "15 mg/day"              # or low = "…", high = "…"
    by = "A. Pharmacist"
    on = 2026-11-20
    from = "PACC 2017, table 9, own copy"

A confirmed value counts as read. A site may tighten a limit; it may never loosen one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cisterna.facts.cited import FactsError
from cisterna.quantity import Quantity, QuantityError, decimal_text, show

_LARGEST_FILE = 1_000_000
_LOWER = {
    *("flow_min", "step-interval", "age", "slip_empty", "refill_lead"),
    *("hold", "restart_after", "observe", "between", "relief_success", "relief_fail", "tone_drop"),
}
_UPPER = {
    *("flow_max", "reservoir", "steps_per_day", "service_life", "eri_to_end", "stop_limit"),
    *("start", "ceiling", "trial-bolus", "step", "drop", "concentration", "prepared", "stability"),
    *("screen", "second_signature", "second_signer", "fresh", "review"),
    "antibiotic-window",
    "antibiotic-stop",
    *("slip_ceiling_factor", "slip_start_factor", "slip_previous_factor", "life"),
}
_KEYS = {"fact", "value", "low", "high", "by", "on", "from"}


_TEXT = {"type": "string", "minLength": 1}
SITE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "cisterna/site/1",
    "title": "Cisterna site formulary",
    "type": "object",
    "required": ["schema"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": "cisterna/site/1"},
        "confirm": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["fact", "by", "on", "from"],
                "additionalProperties": False,
                "properties": {
                    **dict.fromkeys(sorted(_KEYS - {"on"}), _TEXT),
                    "on": {"type": "string", "format": "date"},
                },
            },
        },
    },
}


class SiteRefused(FactsError):
    """A site file that cannot be read, or that would loosen a limit."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One confirmed value: what, by whom, when, from what."""

    fact: str
    low: Quantity
    high: Quantity
    by: str
    on: date
    origin: str

    def over(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data row with this value in it; raises `SiteRefused` if that loosens a limit."""
        unit = row["unit"]
        try:
            low, high = self.low.number(unit), self.high.number(unit)
        except QuantityError as problem:
            raise SiteRefused(f"site file, {self.fact}: {problem}") from None
        self._refuse_looser(row)
        kept = {k: v for k, v in row.items() if k not in ("value", "low", "high")}
        texts = {"low": decimal_text(low), "high": decimal_text(high)}
        note = f"confirmed by {self.by} on {self.on.isoformat()} from {self.origin}"
        return {**kept, **texts, "certainty": "read", "note": note}

    def _refuse_looser(self, row: Mapping[str, Any]) -> None:
        kind = row.get("kind") or ("age" if ".age." in self.fact else self.fact.split(".")[-1])
        ends = [row[k] for k in ("low", "value", "high") if k in row]
        least, most = (Quantity.of(ends[n], row["unit"]) for n in (0, -1))
        if kind in _UPPER and self.high > most:
            self._refuse(self.high, "above", most)
        if kind in _LOWER and self.low < least:
            self._refuse(self.low, "below", least)

    def _refuse(self, value: Quantity, side: str, bound: Quantity) -> None:
        raise SiteRefused(
            f"site file, {self.fact}: {show(value)} is {side} {show(bound)}; a site may tighten "
            "a limit, never loosen one. Report the difference so that the facts can be mended"
        )


class Site:
    """The overlay of one site file; an empty one confirms nothing."""

    def __init__(self, confirmations: Mapping[str, Confirmation] | None = None) -> None:
        self.confirmations = dict(confirmations or {})

    def __call__(self, path: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row of `path` as this site confirmed it, else unchanged."""
        confirmation = self.confirmations.get(path)
        return row if confirmation is None else confirmation.over(row)


def read_site(path: Path) -> Site:
    """Read a site file; raises `SiteRefused` naming every problem."""
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= _LARGEST_FILE else None
        table = tomllib.loads(text or "")
    except (OSError, ValueError, RecursionError) as problem:
        raise SiteRefused(f"{path}: {problem}") from None
    if text is None:
        raise SiteRefused(f"{path}: larger than a site file can be")
    if table.get("schema") != "cisterna/site/1":
        raise SiteRefused(f'{path}: expected schema = "cisterna/site/1"')
    rows = table.get("confirm", [])
    extra = sorted(set(table) - {"schema", "confirm"})
    if extra or not isinstance(rows, list):
        raise SiteRefused(f"{path}: expected [[confirm]] tables, found {', '.join(extra)}")
    found = [_confirmation(path, row) for row in rows]
    names = [c.fact for c in found]
    for name in names:
        if names.count(name) > 1:
            raise SiteRefused(f"{path}, {name}: confirmed more than once")
    return Site({c.fact: c for c in found})


def _confirmation(path: Path, row: Any) -> Confirmation:
    if not isinstance(row, dict) or not set(row) <= _KEYS:
        raise SiteRefused(f"{path}: a [[confirm]] table takes {', '.join(sorted(_KEYS))}")
    missing = [k for k in ("fact", "by", "on", "from") if not row.get(k)]
    if missing or not ({"value"} & set(row) or {"low", "high"} <= set(row)):
        missing = missing or ["value"]
        raise SiteRefused(f"{path}, {row.get('fact', '[[confirm]]')}: lacks {', '.join(missing)}")
    if not isinstance(row["on"], date):
        raise SiteRefused(f"{path}, {row['fact']}: on = a date such as 2026-11-20")
    try:
        ends = [Quantity.parse(str(row.get("value", row.get(k)))) for k in ("low", "high")]
        if ends[0] > ends[1]:
            raise SiteRefused(f"{path}, {row['fact']}: low is above high")
    except QuantityError as problem:
        raise SiteRefused(f"{path}, {row['fact']}: {problem}") from None
    if ends[0].base < 0:
        raise SiteRefused(f"{path}, {row['fact']}: a value below zero")
    return Confirmation(
        str(row["fact"]), ends[0], ends[1], str(row["by"]), row["on"], str(row["from"])
    )
