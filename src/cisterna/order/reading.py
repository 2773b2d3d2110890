"""From a file to a `Prescription`, or a list of everything that is wrong with it."""

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cisterna.facts import Drug, Library, UnknownFact, known
from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import (
    DAYS,
    CatheterRecord,
    Component,
    FlexStep,
    Infusion,
    OrderDetails,
    Patient,
    PeriodicBolus,
    Prescription,
    PumpRecord,
    Remote,
    Segment,
    Solution,
)
from cisterna.order.schema import prescription_form

_LARGEST_FILE = 200_000
_TOO_DEEP = re.compile(r"[\[{]{40}")
_PERIODIC = ("dose", "duration", "interval")
_KEYS_OF_MODE = {
    "continuous": ("daily_dose",),
    "flex": ("step",),
    "periodic-bolus": (*_PERIODIC, "first", "background"),
    "minimum-rate": (),
    "stopped": (),
}
_OFFSET = re.compile(r"([+-])([01][0-9]):([0-5][0-9])|Z")


def read_prescription(path: str | Path, library: Library) -> Prescription:
    """Read a prescription file and the one it may name under `line.holds`.

    Raises `Unusable` with every problem; writes nothing and guesses nothing.
    """
    return _read(Path(path), library, follow=True)


def prescription_from_text(text: str, library: Library, name: str = "the order") -> Prescription:
    """Read a prescription from TOML text (as the bedside page does); raises `Unusable`."""
    return _build(_parse(text, name), name, Path(), library, follow=False)


def _read(path: Path, library: Library, follow: bool) -> Prescription:
    return _build(load_toml(path), str(path), path.parent, library, follow)


def load_toml(path: Path) -> dict[str, Any]:
    """A TOML file a person wrote; raises `Unusable` for whatever is no such thing."""
    name = str(path)
    try:
        if not path.is_file():
            raise Unusable(name, [Problem("file", "nothing there", "a prescription file")])
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            expected = f"at most {_LARGEST_FILE} bytes"
            raise Unusable(name, [Problem("file", f"{size} bytes", expected)])
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable(name, [Problem("file", "bytes that are no UTF-8 text", "TOML")]) from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, Unusable):
            raise
        raise Unusable(name[:200], [Problem("file", str(problem)[:200], "readable")]) from None
    return _parse(text, name)


def _parse(text: str, name: str) -> dict[str, Any]:
    if text.count("[") > 20_000 or _TOO_DEEP.search(text):
        raise Unusable(name, [Problem("file", "deeply nested brackets", "a prescription")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise Unusable(name, [Problem("file", f"no valid TOML: {problem}", "TOML")]) from None
    except (RecursionError, ValueError, OverflowError) as problem:
        found = f"no valid TOML: {str(problem)[:80]}"
        raise Unusable(name, [Problem("file", found, "TOML")]) from None


def _build(
    table: dict[str, Any], name: str, folder: Path, library: Library, follow: bool
) -> Prescription:
    problems: list[Problem] = []
    values = prescription_form(library).fill(table, "", problems)
    if problems:
        raise Unusable(name, problems)
    return _Builder(values, name, folder, library, follow).prescription()


class _Builder:
    """Puts the values of one file together and checks them against each other."""

    def __init__(
        self, values: dict[str, Any], name: str, folder: Path, library: Library, follow: bool
    ) -> None:
        self.values = values
        self.name = name
        self.folder = folder
        self.library = library
        self.follow = follow
        self.problems: list[Problem] = []

    def prescription(self) -> Prescription:
        """The prescription; raises `Unusable`."""
        v = self.values
        solution = self._solution(v["solution"])
        built = Prescription(
            file=self.name,
            order=self._order(v.get("order", {}), solution),
            patient=self._patient(v.get("patient", {})),
            pump=self._pump(v["pump"]),
            catheter=self._catheter(v.get("catheter")),
            holds=self._holds(v.get("line", {}).get("holds", "this")),
            solution=solution,
            infusion=self._infusion(v["infusion"], solution),
            remote=Remote(**v["remote"]) if "remote" in v else None,
            per_24h=v.get("limits", {}).get("per_24h"),
            floor=v.get("safe", {}).get("floor"),
            low_reservoir=v.get("alarm", {}).get("low_reservoir"),
        )
        if built.remote and built.infusion.mode == "stopped":
            self._problem("remote", "a patient dose on a stopped pump", "no [remote] table")
        if self.problems:
            raise Unusable(self.name, self.problems)
        return built

    def _problem(self, key: str, found: str, expected: str) -> None:
        self.problems.append(Problem(key, found, expected))

    def _order(self, row: dict[str, Any], solution: Solution) -> OrderDetails:
        changed = _moment(row.get("changed_at"), solution.filled_at)
        if changed is not None and changed > solution.filled_at:
            self._problem(
                "order.changed_at", "a time after filled_at", "the last change before this order"
            )
        return OrderDetails(
            by=row.get("by"),
            stated_phase=row.get("phase"),
            jurisdiction=row.get("jurisdiction", "US"),
            previous_daily_dose=row.get("previous_daily_dose"),
            changed_at=changed,
            screening_dose=row.get("screening_dose"),
            screening_effect=row.get("screening_effect"),
        )

    def _patient(self, row: dict[str, Any]) -> Patient:
        if "born" in row and "age" in row:
            self._problem("patient.age", "both born and age", "one of them")
        zone = row.get("zone")
        if zone is not None and not _zone_exists(zone):
            self._problem("patient.zone", repr(zone), "an IANA zone such as America/New_York")
        for condition in row.get("conditions", ()):
            self._hypersensitivity(condition)
        indication = row.get("indication")
        return Patient(
            name=row.get("name"),
            id=row.get("id"),
            born=row.get("born"),
            stated_age=row.get("age"),
            sex=row.get("sex"),
            height=row.get("height"),
            weight=row.get("weight"),
            indication=None if not indication else self.library.term("indication", indication),
            opioid_tolerant=row.get("opioid_tolerant"),
            conditions=row.get("conditions"),
            medicines=row.get("medicines"),
            zone=zone,
        )

    def _hypersensitivity(self, condition: str) -> None:
        _, colon, name = condition.partition(":")
        if not colon:
            return
        try:
            known(name, self.library.drug_ids, "drug")
        except UnknownFact as problem:
            self._problem(
                "patient.conditions", repr(condition), f"hypersensitivity:DRUG; {problem}"
            )

    def _pump(self, row: dict[str, Any]) -> PumpRecord:
        offset = row.get("offset")
        if offset is not None and not _OFFSET.fullmatch(offset):
            self._problem("pump.offset", repr(offset), 'an offset such as "-05:00"')
            offset = None
        model = self.library.pump(row["model"])
        constant = model.kind == "constant-flow"
        if constant and "fixed_flow" not in row:
            self._problem("pump.fixed_flow", "nothing", "the flow of this constant-flow pump")
        if "fixed_flow" in row and not constant:
            self._problem("pump.fixed_flow", "a fixed flow", f"none: {model.name} is programmable")
        return PumpRecord(
            model=model,
            serial=row.get("serial"),
            implanted=row.get("implanted"),
            eri=row.get("eri"),
            ziconotide_exposed=row.get("ziconotide_exposed"),
            tubing_volume=row.get("tubing_volume"),
            fixed_flow=row.get("fixed_flow"),
            stated_offset=None if offset is None else _offset(offset),
        )

    def _catheter(self, row: dict[str, Any] | None) -> CatheterRecord | None:
        if row is None:
            return None
        segments = []
        for number, s in enumerate(row.get("segment", ()), 1):
            if s["trimmed"] >= s["supplied"]:
                self._problem(
                    f"catheter.segment[{number}].trimmed",
                    "as much as was supplied, or more",
                    "less than supplied",
                )
            model = self.library.catheter(s["model"])
            segments.append(Segment(model, s["supplied"], s["trimmed"], s.get("new", False)))
        return CatheterRecord(row.get("tip"), tuple(segments))

    def _holds(self, holds: str) -> "Literal['this', 'csf'] | Prescription":
        if holds == "this":
            return "this"
        if holds == "csf" or not self.follow:
            return "csf" if holds == "csf" else "this"
        try:
            return _read(self.folder / holds, self.library, follow=False)
        except Unusable as unusable:
            self.problems.extend(
                Problem(f"line.holds ({holds[:80]}): {p.key}", p.found, p.expected)
                for p in unusable.problems
            )
            return "this"

    def _solution(self, row: dict[str, Any]) -> Solution:
        filled_at = row["filled_at"]
        prepared = _moment(row.get("prepared"), filled_at)
        if prepared is not None and prepared > filled_at:
            self._problem("solution.prepared", "a time after filled_at", "one before it")
        names = [d["name"] for d in row["drug"]]
        for name in sorted({n for n in names if names.count(n) > 1}):
            self._problem("solution.drug", f"{name} more than once", "each drug once")
        components = tuple(self._component(n, d) for n, d in enumerate(row["drug"], 1))
        return Solution(prepared, filled_at, row["fill_volume"], components)

    def _component(self, number: int, row: dict[str, Any]) -> Component:
        drug = self.library.drug(row["name"])
        product = self._product(f"solution.drug[{number}].product", drug, row.get("product"))
        return Component(
            drug,
            row["concentration"],
            drug.products[product] if product else None,
            row.get("preservative_free"),
        )

    def _product(self, key: str, drug: Drug, name: str | None) -> str | None:
        if name is None or name in drug.products:
            return name
        expected = f"a product of {drug.id}: {', '.join(drug.products) or 'none is known'}"
        self._problem(key, repr(name[:40]), expected)
        return None

    def _infusion(self, row: dict[str, Any], solution: Solution) -> Infusion:
        mode, primary = row["mode"], row["primary"]
        if solution.component(primary) is None:
            names = ", ".join(c.drug.id for c in solution.components)
            self._problem("infusion.primary", repr(primary), f"a drug of the solution: {names}")
        self._keys_of_mode(mode, row)
        if self.problems:
            return Infusion(primary, mode)
        periodic = None
        if mode == "periodic-bolus":
            periodic = PeriodicBolus(
                row["dose"],
                row["duration"],
                row["interval"],
                row.get("first", time()),
                row["background"],
            )
            if periodic.duration > periodic.interval:
                self._problem("infusion.duration", "longer than the interval", "at most as long")
        steps = self._steps(row["step"]) if mode == "flex" else ()
        return Infusion(primary, mode, row.get("daily_dose"), steps, periodic)

    def _keys_of_mode(self, mode: str, row: dict[str, Any]) -> None:
        allowed = _KEYS_OF_MODE[mode]
        for key in sorted(set(row) - {"mode", "primary", *allowed}):
            expected = f"no such key in mode {mode}" + (
                f", which takes {', '.join(allowed)}" if allowed else ", which takes none"
            )
            self._problem(f"infusion.{key}", "a value", expected)
        for key in allowed:
            if key not in row and key != "first":
                self._problem(f"infusion.{key}", "nothing", f"a value: mode {mode} needs it")

    def _steps(self, rows: list[dict[str, Any]]) -> tuple[FlexStep, ...]:
        steps = tuple(FlexStep(r["from"], r["dose_rate"], r.get("days", DAYS)) for r in rows)
        starts: set[tuple[str, time]] = set()
        for step in steps:
            for day in step.days:
                if (day, step.start) in starts:
                    found = f"two steps on {day} at {step.start:%H:%M}"
                    self._problem("infusion.step", found, "one step at a time")
                starts.add((day, step.start))
        for day in DAYS:
            if (day, time()) not in starts:
                found = f"no step on {day} at 00:00"
                self._problem("infusion.step", found, "a first step at 00:00 on each day")
        return steps


def _moment(value: datetime | date | None, filled_at: datetime) -> datetime | None:
    """A bare date counts from 00:00 at the offset of the fill time."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), filled_at.tzinfo or UTC)


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text)
    if match is None or text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -size if match[1] == "-" else size


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        return False
    return True
