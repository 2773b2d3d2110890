"""The prescription file (`cisterna/prescription/1`) as a form, and as JSON Schema."""

from typing import Any

from cisterna.facts import Library
from cisterna.order.form import (
    LEVELS,
    Amount,
    Choice,
    Clock,
    Day,
    Flag,
    Form,
    Moment,
    Several,
    Text,
    Whole,
)
from cisterna.order.prescription import DAYS, MODES, PHASES
from cisterna.quantity import (
    CONCENTRATION,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    MASS,
    VOLUME,
)

PRESCRIPTION = "cisterna/prescription/1"


def prescription_form(library: Library) -> Form:
    """Every key of a prescription file, with the library's names as the closed lists."""
    return Form(
        "A prescription for an intrathecal pump",
        fields={
            "schema": Choice(f'the line schema = "{PRESCRIPTION}"', True, (PRESCRIPTION,)),
            "order": _order(),
            "patient": _patient(library),
            "pump": _pump(library),
            "catheter": _catheter(library),
            "line": Form(
                "What the line is full of",
                fields={
                    "holds": Text('"this", "csf", or the path of the previous prescription'),
                },
            ),
            "solution": _solution(library),
            "infusion": _infusion(library),
            "remote": _remote(),
            "limits": Form(
                "What the pump's guard enforces",
                fields={
                    "per_24h": Amount(
                        "largest dose of the primary drug in any 24 hours",
                        dimension=DOSE_RATE,
                        example="5.4 mg/day",
                    )
                },
            ),
            "safe": Form(
                "The safe state",
                fields={
                    "floor": Amount(
                        "flow kept when software is in doubt",
                        dimension=FLOW,
                        example="0.05 mL/day",
                    )
                },
            ),
            "alarm": Form(
                "Alarm settings",
                fields={
                    "low_reservoir": Amount(
                        "reservoir volume at which the pump warns", dimension=VOLUME, example="2 mL"
                    )
                },
            ),
        },
    )


def json_schema(library: Library) -> dict[str, Any]:
    """The prescription file as JSON Schema (draft 2020-12), dates and times as strings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": PRESCRIPTION,
        "title": "Cisterna prescription",
        **prescription_form(library).schema(),
    }


def _order() -> Form:
    return Form(
        "Who orders, in which phase, after what",
        fields={
            "by": Text("who orders; printed on the sheet"),
            "phase": Choice("phase of the therapy; absent is judged as a start", words=PHASES),
            "jurisdiction": Choice("whose label governs; default US", words=("US", "EU")),
            "previous_daily_dose": Amount(
                "daily dose of the primary drug really delivered before this order",
                dimension=DOSE_RATE,
                example="4 mg/day",
                zero=True,
            ),
            "changed_at": Moment("when the dose was last changed", bare=True),
            "screening_dose": Amount("effective screening bolus", dimension=MASS, example="50 mcg"),
            "screening_effect": Amount(
                "how long its effect lasted", dimension=DURATION, example="6 h"
            ),
        },
    )


def _patient(library: Library) -> Form:
    return Form(
        "The person",
        fields={
            "name": Text("name"),
            "id": Text("record number"),
            "born": Day("birth date"),
            "age": Amount("age, instead of born", dimension=DURATION, example="61 year"),
            "sex": Choice("sex", words=("female", "male", "other")),
            "height": Amount("height", dimension=LENGTH, example="165 cm"),
            "weight": Amount("weight", dimension=MASS, example="78 kg"),
            "indication": Choice("why", words=library.terms("indication")),
            "opioid_tolerant": Flag("whether tolerant to opioids"),
            "conditions": Several(
                "conditions that matter here; [] means none",
                item=Choice(
                    "condition",
                    words=tuple(c for c in library.terms("condition") if c != "hypersensitivity"),
                    prefixes=("hypersensitivity",),
                ),
            ),
            "medicines": Several(
                "medicines that matter here; [] means none",
                item=Choice("medicine", words=library.terms("medicine")),
            ),
            "zone": Text("IANA time zone, such as America/New_York"),
        },
    )


def _pump(library: Library) -> Form:
    return Form(
        "the table [pump]",
        True,
        {
            "model": Choice("pump model", True, library.pump_ids),
            "serial": Text("serial number"),
            "implanted": Day("implant date"),
            "eri": Day("elective replacement indicator as last read"),
            "ziconotide_exposed": Flag("whether this pump has held ziconotide before"),
            "tubing_volume": Amount(
                "internal tubing, overrides the datasheet", dimension=VOLUME, example="0.14 mL"
            ),
            "fixed_flow": Amount(
                "flow of a constant-flow pump", dimension=FLOW, example="1 mL/day"
            ),
            "offset": Text('offset of the pump\'s clock from UTC, such as "-05:00"'),
        },
    )


def _catheter(library: Library) -> Form:
    return Form(
        "The catheter",
        fields={
            "tip": Choice("vertebral level of the tip", words=LEVELS),
            "segment": Form(
                "Segments from the pump outwards",
                fields={
                    "model": Choice("catheter model", True, library.catheter_ids),
                    "supplied": Amount("length as supplied", True, LENGTH, "100 cm"),
                    "trimmed": Amount("length cut off", True, LENGTH, "18.6 cm", zero=True),
                    "new": Flag("whether this segment was just replaced"),
                },
                many=True,
            ),
        },
    )


def _solution(library: Library) -> Form:
    return Form(
        "the table [solution]",
        True,
        {
            "prepared": Moment("when it was prepared; a bare date counts from 00:00", bare=True),
            "filled_at": Moment("when it is filled: the time with its offset from UTC", True),
            "fill_volume": Amount("volume filled", True, VOLUME, "20 mL"),
            "drug": Form(
                "one or more [[solution.drug]] tables",
                True,
                {
                    "name": Choice("drug", True, library.drug_ids),
                    "concentration": Amount(
                        "its concentration, such as 20 mg/mL", True, CONCENTRATION, "20 mg/mL"
                    ),
                    "product": Text("product id, such as infumorph-500"),
                    "preservative_free": Flag("whether it is free of preservatives"),
                },
                many=True,
            ),
        },
    )


def _infusion(library: Library) -> Form:
    return Form(
        "the table [infusion]",
        True,
        {
            "primary": Choice("the drug that the doses are of", True, library.drug_ids),
            "mode": Choice("infusion mode", True, MODES),
            "daily_dose": Amount(
                "daily dose (continuous)", dimension=DOSE_RATE, example="4.4 mg/day"
            ),
            "step": Form(
                "Steps of the day (flex)",
                fields={
                    "from": Clock("time of day at which the step starts", True),
                    "dose_rate": Amount(
                        "dose rate of the step", True, DOSE_RATE, "0.25 mg/h", zero=True
                    ),
                    "days": Several("weekdays; all if absent", item=Choice("day", words=DAYS)),
                },
                many=True,
            ),
            "dose": Amount("dose of each bolus (periodic-bolus)", dimension=MASS, example="0.5 mg"),
            "duration": Amount("duration of each bolus", dimension=DURATION, example="10 min"),
            "interval": Amount("from start to start", dimension=DURATION, example="6 h"),
            "first": Clock("time of day of the first bolus; default 00:00"),
            "background": Amount(
                "dose rate between boluses, may be 0",
                dimension=DOSE_RATE,
                example="1 mg/day",
                zero=True,
            ),
        },
    )


def _remote() -> Form:
    return Form(
        "The patient-activated dose",
        fields={
            "dose": Amount("its dose, such as 0.2 mg", True, MASS, "0.2 mg"),
            "duration": Amount("over how long, such as 10 min", True, DURATION, "10 min"),
            "lockout": Amount("from start to start, such as 2 h", True, DURATION, "2 h"),
            "max_per_day": Whole("doses in any rolling 24 hours, such as 5", True),
        },
    )
