"""Every data file keeps its schema: a number has a unit, a source, its place in it, a certainty."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

import cisterna.order.checks
from cisterna.facts import Library, Limit, cited, rows
from cisterna.facts.cited import AUTHORITIES, CERTAINTIES
from cisterna.facts.library import FOLDER
from cisterna.facts.limit import CONDITIONS, LIMIT_KINDS
from cisterna.order.form import LEVELS
from cisterna.order.prescription import MODES, PHASES
from cisterna.quantity import (
    CONCENTRATION,
    DIFFUSIVITY,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    LINE_VOLUME,
    MASS,
    RATIO,
    VOLUME,
    Dimension,
    Quantity,
)
from tests.facts.files import data_files, evidence, tables
from tests.variants import for_every

LIBRARY = Library()
CITED = dict(rows())
EVIDENCE = dict(evidence())
SOURCES = LIBRARY.sources

RATE = RATIO / DURATION

DIMENSION_OF_KIND: dict[str, tuple[Dimension, ...]] = {
    "antibiotic-window": (DURATION,),
    "antibiotic-dose": (MASS,),
    "antibiotic-weight": (MASS,),
    "antibiotic-adult": (DURATION,),
    "antibiotic-stop": (DURATION,),
    "start": (DOSE_RATE,),
    "ceiling": (DOSE_RATE,),
    "trial-bolus": (MASS,),
    "step": (RATIO, DOSE_RATE),
    "step-interval": (DURATION,),
    "drop": (RATIO,),
    "concentration": (CONCENTRATION,),
    "prepared": (DURATION,),
    "age": (DURATION,),
    "stability": (DURATION,),
    "published-range": (DOSE_RATE,),
    # spreads between persons
    "lognormal": (RATIO,),
    "normal": (RATIO,),
    "uniform": (RATIO,),
}

DIMENSION_OF_KEY: dict[str, tuple[Dimension, ...]] = {
    # options
    "daily_dose": (DOSE_RATE,),
    "left": (VOLUME,),
    "battery": (DURATION,),
    "dive_depth": (LENGTH,),
    "replace_ahead": (DURATION,),
    "ladder": (DURATION,),
    # drugs
    "base_fraction": (RATIO,),
    "diffusivity": (DIFFUSIVITY,),
    "strength": (CONCENTRATION,),
    "containers": (VOLUME,),
    "concentration": (CONCENTRATION,),
    "rinse_count": (RATIO,),
    "rinse_volume": (VOLUME,),
    "life": (DURATION,),
    "start_factor": (RATIO,),
    "start_factor_long": (RATIO,),
    "long_effect": (DURATION,),
    "interval": (DURATION,),
    "watch": (DURATION,),
    "wait_after_brain_injury": (DURATION,),
    "dose-small": (MASS,),
    "dose-1": (MASS,),
    "dose-2": (MASS,),
    "dose-3": (MASS,),
    # pumps
    "age": (DURATION,),
    "reservoir": (VOLUME,),
    "flow_min": (FLOW,),
    "flow_max": (FLOW,),
    "minimum_rate": (FLOW,),
    "accuracy": (RATIO,),
    "tubing_prime": (VOLUME,),
    "tubing_bridge": (VOLUME,),
    "residual": (VOLUME,),
    "low_reservoir": (VOLUME,),
    "steps_per_day": (RATIO,),
    "stroke": (VOLUME,),
    "rate_step": (FLOW,),
    "service_life": (DURATION,),
    "eri_to_end": (DURATION,),
    "stop_limit": (DURATION,),
    "scan_discharge": (VOLUME,),
    # alarms
    "rearm": (DURATION,),
    "session": (DURATION,),
    "count": (RATIO,),
    "within": (DURATION,),
    # signing
    "fresh": (DURATION,),
    "second_signer": (DURATION,),
    "review": (DURATION,),
    # access
    "idle": (DURATION,),
    "absolute": (DURATION,),
    "sign_in_window": (DURATION,),
    "sign_in_tries": (RATIO,),
    "card_window": (DURATION,),
    "consult_window": (DURATION,),
    "consult_tries": (RATIO,),
    "consult_all": (RATIO,),
    "card_tries": (RATIO,),
    "api_per_minute": (RATIO,),
    "open_chart": (DURATION,),
    "stuck": (DURATION,),
    "open_chart_review": (DURATION,),
    "invitation": (DURATION,),
    "calendar_link": (DURATION,),
    "password_length": (RATIO,),
    # catheters
    "volume_per_length": (LINE_VOLUME,),
    "length": (LENGTH,),
    "inner_diameter": (LENGTH,),
    # guidance
    "slip_ceiling_factor": (RATIO,),
    "slip_start_factor": (RATIO,),
    "slip_previous_factor": (RATIO,),
    "slip_empty": (DURATION,),
    "refill_lead": (DURATION,),
    "alarm_reaction": (DURATION,),
    "residual_difference": (VOLUME,),
    "residual_ratio_from": (VOLUME,),
    "fixed_flow_tolerance": (RATIO,),
    "pocket_fill_20": (VOLUME,),
    "pocket_fill_40": (VOLUME,),
    "saline_rinses": (RATIO,),
    "respiratory_watch": (DURATION,),
    "rapid_start_observation_baclofen": (DURATION,),
    "observation_after_refill": (DURATION,),
    # the course
    "screen": (DURATION,),
    "second_signature": (DURATION,),
    "hold": (DURATION,),
    "restart_after": (DURATION,),
    "observe": (DURATION,),
    "between": (DURATION,),
    "dose-4": (MASS,),
    "dose-5": (MASS,),
    "trial_look": (DURATION,),
    "relief_success": (RATIO,),
    "relief_fail": (RATIO,),
    "tone_drop": (RATIO,),
    "baclofen_last": (MASS,),
    "depth": (LENGTH,),
    "stay": (DURATION,),
    "first_every": (DURATION,),
    "first_for": (DURATION,),
    "then_every": (DURATION,),
    "then_for": (DURATION,),
    "evacuate_within": (DURATION,),
    "by_first": (DURATION,),
    "by_second": (DURATION,),
    "weekly": (DURATION,),
    "size": (RATIO,),
    # the refill
    "first_part": (VOLUME,),
    "residual_hold": (RATIO,),
    "residual_repeated": (RATIO,),
    "small_reservoir": (VOLUME,),
    "watch_after_discrepancy": (DURATION,),
    "cusum_allowance": (RATIO,),
    "cusum_limit": (RATIO,),
    "dose_rise": (RATIO,),
    "dose_rises": (RATIO,),
    "dose_rise_window": (DURATION,),
    "granuloma_dose": (DOSE_RATE,),
    "granuloma_concentration": (CONCENTRATION,),
    "stalls_repeated": (RATIO,),
    "resets": (RATIO,),
    # what she brings
    "answer_within": (DURATION,),
    "consult_within": (DURATION,),
    "check_in": (DURATION,),
    "card_lasts": (DURATION,),
    "teach_back_right": (RATIO,),
    # what follows for years
    "peg_meaningful": (RATIO,),
    "moderate": (RATIO,),
    "substantial": (RATIO,),
    "mme_mark": (DURATION,),
    "taper_month": (RATIO,),
    "cows_highest": (RATIO,),
    "taper_check": (DURATION,),
    "after": (DURATION,),
    "every": (DURATION,),
    "before": (DURATION,),
    "interrogations": (RATIO,),
    "amber": (DURATION,),
    "red": (DURATION,),
    "yield": (RATIO,),
    "breaths": (RATE,),
    # mixtures and conversions
    "stable_for": (DURATION,),
    "ratio": (RATIO,),
    "cross_tolerance": (RATIO,),
    # the spine
    "z12": (DIFFUSIVITY,),
    "z25": (DIFFUSIVITY,),
    "z38": (DIFFUSIVITY,),
    "floor": (DIFFUSIVITY,),
    "factor": (RATIO,),
    "tilt": (RATIO,),
    "stroke_exponent": (RATIO,),
    "stroke_volume": (VOLUME,),
    "heart_rate": (RATE,),
    "production": (FLOW,),
    "spinal_absorption_share": (RATIO,),
    "csf_volume_factor": (RATIO,),
    "cord_area_factor": (RATIO,),
    "canal_length_factor": (RATIO,),
    "cistern": (VOLUME,),
    "cranial_sas": (VOLUME,),
    "ventricles": (VOLUME,),
    "exchange": (FLOW,),
    "tissue_ratio": (RATIO,),
    "reflux": (FLOW,),
    "shell_thickness": (LENGTH,),
    "uptake_factor": (RATIO,),
    "shell_core": (RATE,),
    "loss": (RATE,),
    "volume_ratio": (RATIO,),
    "partition": (RATIO,),
    "bolus_jet": (LENGTH,),
    "fast_injection": (FLOW,),
    "sampling_factor": (RATIO,),
    "near_field_factor": (RATIO,),
    # kinetics
    "k_d": (RATE,),
    "k_total": (RATE,),
    "k_p": (RATIO,),
    "theta": (RATIO,),
    "h_extra": (RATE,),
    "plasma_clearance": (FLOW,),
    "plasma_volume": (VOLUME,),
    # validation
    "peak-time": (DURATION,),
    "half-peak-time": (DURATION,),
    "half-life": (DURATION,),
    "share": (RATIO,),
    "others": (RATIO,),
    "self-test": (DURATION,),
    "level": (CONCENTRATION,),
    "peak-level": (CONCENTRATION,),
    "dose-over-exposure": (FLOW,),
}

ROW_KEYS = {
    *("value", "low", "high", "unit", "source", "locator", "certainty", "authority", "note"),
    *("kind", "when", "jurisdiction"),
    *("at", "role", "spread", "bounds", "measure", "what"),
}

SOURCE_KINDS = {
    "label",
    "consensus",
    "paper",
    "manual",
    "notice",
    "page",
    "book",
    "dataset",
    "ours",
}
SOURCE_SEEN = {"whole", "page", "mirror", "abstract", "secondary", "not-seen"}


def allowed_dimensions(path: str, row) -> tuple[Dimension, ...]:
    if "kind" in row:
        return DIMENSION_OF_KIND[row["kind"]]
    keys = [part for part in path.split(".") if part in DIMENSION_OF_KEY]
    return DIMENSION_OF_KEY[keys[-1]] if keys else ()


def limits() -> dict[str, Limit]:
    drugs = (LIBRARY.drug(name) for name in LIBRARY.drug_ids)
    return {limit.fact.path: limit for drug in drugs for limit in drug.limits}


# Every number -----------------------------------------------------------------------------------


@for_every(CITED)
def test_a_number_has_a_unit_of_the_right_kind_and_its_ends_in_order(path: str):
    fact = cited(path, CITED[path])
    assert fact.least.dimension in allowed_dimensions(path, CITED[path])
    assert fact.least <= fact.most
    assert fact.least.base >= 0


@for_every(CITED)
def test_a_number_is_either_one_value_or_an_interval_and_says_nothing_unknown(path: str):
    row = CITED[path]
    assert ("value" in row) != bool({"low", "high"} & set(row))
    assert set(row) <= ROW_KEYS
    assert all(isinstance(row[k], str) for k in ("value", "low", "high", "unit") if k in row)


@for_every(CITED)
def test_a_number_names_whose_it_is(path: str):
    row = CITED[path]
    assert row["authority"] in AUTHORITIES
    assert (row["authority"] == "ours") <= (row["source"] == "ours")


def test_every_path_is_unique_so_that_a_site_can_name_one_value():
    paths = [path for path, _ in rows()]
    assert len(paths) == len(set(paths))


def test_no_number_escapes_the_listing_of_all_numbers():
    listed = {id(row) for _, row in rows()}
    numbers = {
        f"{name}{path}": row
        for name, content in data_files().items()
        for path, row in tables(content)
        if "unit" in row and "source" in row and {"value", "low", "high"} & set(row)
    }
    assert len(numbers) == len(listed)


# Every piece of evidence ------------------------------------------------------------------------


@for_every(EVIDENCE)
def test_evidence_names_a_known_source_a_place_in_it_and_how_sure_it_is(path: str):
    row = EVIDENCE[path]
    assert row["source"] in SOURCES
    assert row["locator"].strip()
    assert row["certainty"] in CERTAINTIES


@for_every(EVIDENCE)
def test_what_is_called_read_comes_from_a_source_that_somebody_saw(path: str):
    row = EVIDENCE[path]
    if row["certainty"] == "read":
        assert SOURCES[row["source"]]["seen"] != "not-seen"


@for_every(EVIDENCE)
def test_our_own_choice_is_called_assumed_or_derived(path: str):
    row = EVIDENCE[path]
    if row["source"] == "ours":
        assert row["certainty"] in ("assumed", "derived")


def test_every_source_is_used():
    used = {row["source"] for row in EVIDENCE.values()}
    assert set(SOURCES) == used


@for_every(SOURCES)
def test_a_source_has_a_title_a_kind_and_how_much_of_it_was_seen(key: str):
    row = SOURCES[key]
    assert row["title"].strip()
    assert row["kind"] in SOURCE_KINDS
    assert row["seen"] in SOURCE_SEEN
    assert set(row) <= {"title", "kind", "seen", "year", "doi", "url"}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)


# Drugs ------------------------------------------------------------------------------------------

DRUGS = (
    *("morphine", "hydromorphone", "fentanyl", "sufentanil", "bupivacaine", "ropivacaine"),
    *("clonidine", "ziconotide", "baclofen"),
)


def test_the_library_holds_exactly_the_drugs_of_the_formulary():
    assert sorted(LIBRARY.drug_ids) == sorted(DRUGS)


@pytest.mark.parametrize("name", DRUGS)
def test_a_drug_is_complete(name: str):
    drug = LIBRARY.drug(name)
    assert drug.id == name
    assert drug.tall_man.lower() == name
    assert drug.name.startswith(name)
    assert drug.basis
    assert drug.unit in ("mg", "mcg")
    assert drug.withdrawal in ("none", "opioid", "baclofen", "rebound")
    assert set(drug.purposes) <= {"pain", "spasticity"}
    assert drug.purposes
    assert drug.diffusivity is not None
    assert drug.ever("start")
    assert any(remark.term == "hypersensitivity" for remark in drug.contraindications)


@pytest.mark.parametrize("name", [d for d in DRUGS if d != "ropivacaine"])
def test_a_drug_has_a_ceiling_and_a_highest_concentration_that_may_warn(name: str):
    drug = LIBRARY.drug(name)
    for kind in ("ceiling", "concentration", "trial-bolus"):
        assert [x for x in drug.ever(kind) if x.fact.authority in ("label", "consensus")], kind


def test_ropivacaine_has_a_start_and_no_ceiling_for_no_source_gives_one():
    drug = LIBRARY.drug("ropivacaine")
    assert drug.ever("start")
    assert not drug.ever("ceiling")


@pytest.mark.parametrize("name", ["morphine", "ziconotide", "baclofen", "clonidine"])
def test_a_drug_with_products_knows_the_strength_of_each(name: str):
    products = LIBRARY.drug(name).products
    assert products
    assert all(p.strength.value.dimension == CONCENTRATION for p in products.values())
    assert all(p.source in SOURCES for p in products.values())
    assert all(set(p.jurisdictions) <= {"US", "EU"} for p in products.values())
    assert all(p.preservative_free for p in products.values())


def test_stopping_harms_where_withdrawal_or_rebound_kills():
    harmful = {name for name in DRUGS if LIBRARY.drug(name).stopping_harms}
    assert harmful == {"baclofen", "clonidine"}


def test_no_remote_is_meant_for_baclofen_alone_among_the_drugs():
    assert [n for n in DRUGS if not LIBRARY.drug(n).patient_dosing] == ["baclofen"]


def test_ziconotide_alone_has_rules_for_its_first_fill_and_baclofen_for_its_screening():
    assert [n for n in DRUGS if LIBRARY.drug(n).first_fill] == ["ziconotide"]
    assert [n for n in DRUGS if LIBRARY.drug(n).screening] == ["baclofen"]


@pytest.mark.parametrize("path", limits())
def test_a_limit_has_a_known_kind_and_known_conditions(path: str):
    limit = limits()[path]
    wanted = dict(limit.when)
    assert limit.kind in LIMIT_KINDS
    assert limit.jurisdiction in (None, "US", "EU")
    assert set(wanted) <= set(CONDITIONS)
    assert wanted.get("phase", "start") in PHASES
    assert wanted.get("origin", "spinal") in ("spinal", "cerebral")
    assert wanted.get("pump_kind", "implanted") in ("implanted", "external")
    flags = ("opioid_tolerant", "cancer", "diluted", "first_fill")
    assert all(isinstance(wanted[k], bool) for k in flags if k in wanted)
    bounds = [Quantity.parse(str(wanted[k])) for k in ("age_below", "age_from") if k in wanted]
    assert all(b.dimension == DURATION for b in bounds)
    families = {LIBRARY.pump(p).family for p in LIBRARY.pump_ids}
    assert wanted.get("pump_family", "synchromed-ii") in families
    drug = path.split(".", maxsplit=1)[0]
    if "product" in wanted:
        assert wanted["product"] in LIBRARY.drug(drug).products


@pytest.mark.parametrize("name", DRUGS)
def test_a_drug_doses_in_its_own_unit(name: str):
    drug = LIBRARY.drug(name)
    doses = [x.fact for x in drug.limits if x.fact.most.dimension in (DOSE_RATE, MASS)]
    assert {fact.most.unit.name.split("/")[0] for fact in doses} == {drug.unit}


# Coded words ------------------------------------------------------------------------------------

INDICATIONS = {
    "failed-back-surgery-syndrome": ("pain", None),
    "spinal-stenosis": ("pain", None),
    "degenerative-disc-disease": ("pain", None),
    "complex-regional-pain-syndrome": ("pain", None),
    "post-herpetic-neuralgia": ("pain", None),
    "diabetic-neuropathy": ("pain", None),
    "multiple-sclerosis": ("spasticity", "spinal"),
    "spinal-cord-injury": ("spasticity", "spinal"),
    "cerebral-palsy": ("spasticity", "cerebral"),
    "brain-injury": ("spasticity", "cerebral"),
    "cancer-pain": ("pain", None),
    "chronic-pancreatitis": ("pain", None),
}
CONDITION_IDS = {
    *("psychosis", "active-infection", "coagulopathy", "csf-obstruction", "spinal-anomaly"),
    *("respiratory-depression", "obstructive-sleep-apnoea", "copd", "asthma-severe"),
    *("gi-obstruction", "renal-failure", "pregnancy", "hypersensitivity"),
    "intrathecal-chemotherapy",
}
MEDICINE_IDS = {
    *("benzodiazepine", "opioid-systemic", "gabapentinoid", "alcohol", "maoi", "anticoagulant"),
    *("antiplatelet", "beta-blocker"),
}


@pytest.mark.parametrize(("name", "meaning"), INDICATIONS.items())
def test_an_indication_says_what_the_pump_is_for_and_where_spasticity_comes_from(name, meaning):
    term = LIBRARY.term("indication", name)
    assert (term.purpose, term.origin) == meaning
    assert term.cancer == (name == "cancer-pain")
    assert term.name


def test_every_indication_is_for_pain_or_spasticity():
    terms = [LIBRARY.term("indication", name) for name in LIBRARY.terms("indication")]
    assert {t.purpose for t in terms} == {"pain", "spasticity"}
    assert all((t.origin is not None) == (t.purpose == "spasticity") for t in terms)


def test_the_conditions_and_medicines_of_the_order_exist():
    assert set(LIBRARY.terms("condition")) >= CONDITION_IDS
    assert set(LIBRARY.terms("medicine")) >= MEDICINE_IDS


def test_every_term_that_a_drug_names_exists():
    known = {*LIBRARY.terms("condition"), *LIBRARY.terms("medicine")}
    for name in DRUGS:
        drug = LIBRARY.drug(name)
        remarks = chain(drug.contraindications, drug.interactions, drug.cautions)
        assert {r.term for r in remarks} <= known


@pytest.mark.parametrize("name", DRUGS)
def test_a_contraindication_blocks_in_some_phase_and_says_why(name: str):
    for remark in LIBRARY.drug(name).contraindications:
        assert remark.blocks
        assert set(remark.blocks) <= set(PHASES)
        assert remark.why.endswith(".")
        assert remark.jurisdiction in (None, "US", "EU")


@pytest.mark.parametrize("name", DRUGS)
def test_an_infection_that_forbids_an_implant_never_stops_a_refill(name: str):
    rows = [r for r in LIBRARY.drug(name).contraindications if r.term == "active-infection"]
    assert rows
    assert all("maintenance" not in r.blocks for r in rows)


# Devices ----------------------------------------------------------------------------------------

PUMPS = {
    "synchromed-ii-20": "20",
    "synchromed-ii-40": "40",
    "synchromed-iii-20": "20",
    "synchromed-iii-40": "40",
    "prometra-ii-20": "20",
    "prometra-ii-40": "40",
    "codman-3000": "30",
    "external-reference": "100",
    "cisterna-reference": "20",
}


@pytest.mark.parametrize(("model", "reservoir"), PUMPS.items())
def test_a_pump_has_its_reservoir(model: str, reservoir: str):
    fact = LIBRARY.pump(model).reservoir
    assert fact is not None
    assert fact.value == Quantity.of(reservoir, "mL")


def test_the_library_holds_the_pumps_of_the_issue():
    assert set(LIBRARY.pump_ids) >= {*PUMPS, "medstream"}


@pytest.mark.parametrize("model", LIBRARY.pump_ids)
def test_a_pump_says_what_it_can_do(model: str):
    pump = LIBRARY.pump(model)
    assert pump.kind in ("programmable", "constant-flow", "external")
    assert set(pump.modes) <= set(MODES)
    assert "continuous" in pump.modes
    assert set(pump.remote_drugs or ()) <= set(DRUGS)
    assert set(pump.ages) <= set(DRUGS)
    assert pump.implanted == (pump.kind != "external")
    if pump.flow_min is not None and pump.flow_max is not None:
        assert pump.flow_min.value < pump.flow_max.value
    if pump.low_reservoir is not None and pump.reservoir is not None:
        assert pump.low_reservoir.value < pump.reservoir.value


def test_only_the_reference_pump_may_not_be_chosen_for_a_patient():
    assert [p for p in LIBRARY.pump_ids if not LIBRARY.pump(p).for_patients] == [
        "cisterna-reference"
    ]


@pytest.mark.parametrize("model", ["cisterna-reference", "external-reference"])
def test_every_number_of_a_reference_pump_is_ours_and_assumed(model: str):
    numbers = [row for path, row in CITED.items() if path.startswith(f"{model}.")]
    assert len(numbers) > 5
    assert {(r["source"], r["certainty"], r["authority"]) for r in numbers} == {
        ("ours", "assumed", "ours")
    }


def test_a_pump_without_a_tubing_volume_exists_and_has_none_rather_than_a_guess():
    pump = LIBRARY.pump("prometra-ii-20")
    assert pump.tubing_bridge is None
    assert pump.tubing_prime is None


CATHETERS = (
    *("ascenda-8780", "ascenda-8781", "indura-8709", "indura-8709sc", "indura-8731sc"),
    "prometra-11823",
)


@pytest.mark.parametrize("model", CATHETERS)
def test_a_catheter_has_a_volume_per_length_that_fits_its_bore(model: str):
    catheter = LIBRARY.catheter(model)
    assert catheter.volume_per_length is not None
    assert catheter.inner_diameter is not None
    bore = float(catheter.inner_diameter.value.number("cm"))
    per_cm = float(catheter.volume_per_length.value.number("mL/cm"))
    assert 3.14159265 / 4 * bore**2 == pytest.approx(per_cm, rel=0.01)


def test_the_library_holds_the_catheters_of_the_device_book():
    assert set(LIBRARY.catheter_ids) >= set(CATHETERS)


def test_a_usual_place_of_the_tip_is_named_from_above_to_below():
    for region in data_files()["catheters"]["tip_region"].values():
        assert LEVELS.index(region["low"]) <= LEVELS.index(region["high"])


# Mixtures and conversions -----------------------------------------------------------------------

MIXTURES = LIBRARY.mixtures


@pytest.mark.parametrize("row", MIXTURES, ids=lambda r: r["id"])
def test_a_mixture_names_known_drugs_and_ranges_of_concentration(row):
    assert len(set(row["drugs"])) == len(row["drugs"]) > 1
    assert set(row["drugs"]) <= set(DRUGS)
    assert row["container"] in ("pump", "patient-pump", "syringe", "glass")
    for drug, bounds in row.get("concentration", {}).items():
        assert drug in row["drugs"]
        ends = [Quantity.of(bounds[k], bounds["unit"]) for k in ("low", "high") if k in bounds]
        assert ends
        assert all(end.dimension == CONCENTRATION for end in ends)
        assert ends == sorted(ends, key=lambda q: q.base)


def test_only_a_pump_at_body_temperature_sets_a_date():
    dated = [row for row in MIXTURES if "stable_for" in row]
    assert dated
    assert all(row["container"] in ("pump", "patient-pump") for row in dated)


def test_a_conversion_joins_two_routes_of_a_known_drug():
    content = data_files()["conversions"]
    routes = {"oral", "intravenous", "epidural", "intrathecal"}
    for row in content["conversion"]:
        assert row["drug"] in DRUGS
        assert {row["from"], row["to"]} <= routes
        assert row["from"] != row["to"]
    for row in content["rotation"]:
        assert {row["from_drug"], row["to_drug"]} <= set(DRUGS)
        assert row["route"] in routes


def test_no_drug_has_both_a_ratio_and_a_reason_why_it_has_none():
    content = data_files()["conversions"]
    refused = {row["drug"] for row in content["refused"]}
    assert {"ziconotide", "baclofen", "bupivacaine", "ropivacaine"} <= refused
    assert not refused & {row["drug"] for row in content["conversion"]}


# Findings ---------------------------------------------------------------------------------------


def codes_in_source() -> set[str]:
    """Every text in the checks that is a code of a finding, or is passed as one."""
    known, found = set(LIBRARY.severities), set()
    folder = Path(cisterna.order.checks.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in known:
                found.add(str(node.value))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "finding":
                found |= {str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant)}
    return found


def test_every_code_of_the_facts_is_raised_by_a_check_and_every_raised_code_is_in_the_facts():
    assert codes_in_source() == set(LIBRARY.severities)


@pytest.mark.parametrize("code", LIBRARY.severities)
def test_a_code_says_how_loud_it_is_and_what_it_means(code: str):
    severity = LIBRARY.severities[code]
    assert {severity.severity, severity.otherwise} <= {"block", "warn", "note"}
    assert severity.meaning.endswith(".")


CODES = {
    *("dose-above-start", "dose-above-label", "dose-above-consensus", "dose-above-agency"),
    *("dose-with-remote-above-limit", "dose-unit-slip", "dose-drop-risks-withdrawal"),
    *("step-too-large", "step-too-soon", "concentration-above-consensus"),
    *("concentration-above-product", "flow-below-pump-minimum", "flow-above-pump-maximum"),
    *("dose-unreachable-at-minimum-flow", "schedule-too-many-steps", "mode-not-on-pump"),
    *("reservoir-overfilled", "not-on-label", "mixture-off-label", "mixture-stability-unknown"),
    *("stability-shorter-than-refill", "prepared-too-long-before-fill", "preservative"),
    *("ziconotide-first-fill", "contraindicated", "interacting-medicine", "age-outside-label"),
    *("remote-in-opioid-naive", "remote-faster-than-lockout"),
    *("remote-on-drug-without-patient-dosing", "floor-missing", "catheter-tip-level"),
    *("low-reservoir-warns-too-late", "pump-end-before-refill", "stopped-over-48-h"),
    *("unverified-limit", "missing-for-check"),
}


def test_every_stable_code_of_the_issue_exists():
    assert set(LIBRARY.severities) >= CODES


@pytest.mark.parametrize(
    "code",
    ["not-on-label", "mixture-off-label", "mixture-stability-unknown", "unverified-limit"],
)
def test_what_is_usually_so_is_a_note_and_no_warning(code: str):
    assert LIBRARY.severities[code].severity == "note"


# Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", data_files())
def test_a_file_names_its_schema_and_holds_no_bare_number_with_a_source(name: str):
    content = data_files()[name]
    assert re.fullmatch(r"cisterna/[a-z-]+/1", content["schema"])
    for path, row in tables(content):
        if "source" in row and "unit" in row:
            assert not [k for k, v in row.items() if isinstance(v, int | float)], path


def test_a_file_in_a_folder_is_named_after_what_it_describes():
    for name, content in data_files().items():
        folder, slash, stem = name.partition("/")
        if slash:
            assert stem == content["family" if folder == "pumps" else "id"]


def test_every_class_of_a_drug_has_its_file():
    classes = {LIBRARY.drug(name).drug_class for name in DRUGS}
    assert classes == {path.stem for path in (FOLDER / "classes").glob("*.toml")}
