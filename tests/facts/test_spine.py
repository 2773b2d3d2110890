"""The numbers of the spine: figures of the fact books, spreads, and the cases of validation."""

from fractions import Fraction
from math import pi, sqrt

import pytest

from cisterna.facts import Library, UnknownFact, read_site, rows, table
from cisterna.facts.cited import BrokenFacts, cited
from cisterna.facts.spine import (
    QUANTITIES,
    ROLES,
    RUNS,
    SPREAD_MEASURES,
    _spread,
    dispersion_knots,
    kinetics,
    levels,
    parameter,
    validation_cases,
)
from cisterna.order.form import LEVELS
from cisterna.quantity import DURATION, Quantity

LIBRARY = Library()
CITED = {path: cited(path, row) for path, row in rows()}
CASES = {case.id: case for case in validation_cases()}
RUNNABLE = [case for case in CASES.values() if case.run != "none"]
PLACES = {*(level.name for level in levels()), "cistern", "cranial-sas", "plasma"}

# Copied by hand from csf §1 to §8 and formulary §8.1 and §9, and from the start values of issue 3
FIGURES = {
    "csf.dispersion.z12": ("0.00001 m2/s", "derived", "ours"),
    "csf.dispersion.z25": ("0.000005 m2/s", "derived", "ours"),
    "csf.dispersion.z38": ("0.0000012 m2/s", "derived", "ours"),
    "csf.dispersion.factor.spread": ("0.7", "assumed", "ours"),
    "csf.dispersion.tilt.spread": ("0.2", "assumed", "ours"),
    "csf.dispersion.floor": ("0.00000005 m2/s", "assumed", "ours"),
    "csf.dispersion.stroke_exponent": ("1.5", "assumed", "ours"),
    "csf.dispersion.stroke_exponent.spread": ("1 to 2", "assumed", "ours"),
    "csf.stroke_volume": ("0.6 mL", "read", "stroke-volume-2024"),
    "csf.stroke_volume.spread": ("0.33", "derived", "freiburg-pcmri"),
    "csf.heart_rate": ("68 1/min", "assumed", "ours"),
    "csf.production": ("21 mL/h", "recalled", "recalled-unnamed"),
    "csf.spinal_absorption_share": ("0.25", "recalled", "edsbagge-2004"),
    "csf.spinal_absorption_share.bounds": ("0 to 0.6", "recalled", "edsbagge-2004"),
    "csf.csf_volume_factor.spread": ("0.22", "derived", "hogan-1996"),
    "csf.cord_area_factor.spread": ("0.1", "derived", "valosek-2024"),
    "csf.canal_length_factor.spread": ("0.06", "assumed", "ours"),
    "csf.cranial.cistern": ("30 mL", "recalled", "recalled-unnamed"),
    "csf.cranial.cranial_sas": ("130 mL", "recalled", "recalled-unnamed"),
    "csf.cranial.ventricles": ("25 mL", "recalled", "recalled-unnamed"),
    "csf.cranial.exchange": ("60 mL/h", "assumed", "ours"),
    "csf.cord.shell_thickness": ("1.5 mm", "assumed", "ours"),
    "csf.cord.diffusivity": ("0.00000000012 m2/s", "read", "valnes-2020"),
    "csf.cord.shell_core": ("0.1 1/h", "assumed", "ours"),
    "csf.cord.loss": ("0.2 1/h", "assumed", "ours"),
    "csf.epidural.volume_ratio": ("1", "assumed", "ours"),
    "csf.epidural.partition": ("1", "assumed", "ours"),
    "csf.epidural.loss": ("2 1/h", "assumed", "ours"),
    "csf.near_field_factor": ("1 to 10", "assumed", "ours"),
    "kinetics.morphine.k_d": ("0.12 1/h", "recalled", "bernards-hill-1992"),
    "kinetics.morphine.k_total": ("0.22 1/h", "derived", "nordberg-1984"),
    "kinetics.baclofen.k_total": ("0.2 to 0.45 1/h", "derived", "baclofen-bolus-csf"),
    "kinetics.ziconotide.k_total": ("0.15 1/h", "derived", "prialt-label-us"),
    "kinetics.fentanyl.k_total": ("0.8 1/h", "derived", "eisenach-2003"),
    "kinetics.bupivacaine.k_total": ("0.5 1/h", "assumed", "ours"),
    "kinetics.morphine.k_p": ("0.3", "assumed", "ours"),
    "kinetics.baclofen.k_p": ("0.3", "assumed", "ours"),
    "kinetics.hydromorphone.k_p": ("0.4", "assumed", "ours"),
    "kinetics.fentanyl.k_p": ("5", "assumed", "ours"),
    "kinetics.sufentanil.k_p": ("10", "assumed", "ours"),
    "kinetics.bupivacaine.k_p": ("3", "assumed", "ours"),
    "kinetics.morphine.theta": ("0.2", "recalled", "nicholson-sykova"),
    "kinetics.fentanyl.theta": ("1 to 10", "assumed", "ours"),
    "kinetics.fentanyl.h_extra": ("0.02 to 0.2 1/h", "assumed", "ours"),
    "kinetics.morphine.plasma_clearance": ("1,748 mL/min", "read", "morphine-elderly-iv"),
    "kinetics.ziconotide.plasma_volume": ("30,460 mL", "read", "prialt-label-us"),
    "kinetics.bupivacaine.plasma_clearance": ("560 mL/min", "read", "bupivacaine-plasma-1988"),
    "kinetics.clonidine.plasma_clearance": ("190 to 219 mL/min", "read", "duraclon-label"),
    "validation.case.cv1.expect.morphine.peak-time": ("45 to 69 min", "derived", "eisenach-2003"),
    "validation.case.cv2.expect.lumbar-over-cistern.ratio": ("2 to 8", "recalled", "kroin-1993"),
    "validation.case.fv6.expect.half-life.half-life": ("157 to 222 min", "read", "nordberg-1984"),
    "validation.case.fv11.expect.t2-over-t12.ratio": ("0.3 to 0.55", "read", "kroin-1993"),
    "validation.case.fv19.expect.share.share": ("0.9 to 1.1", "read", "morphine-systemic-1986"),
}


@pytest.mark.parametrize(("path", "figure"), FIGURES.items())
def test_a_figure_of_the_fact_books_stands_in_the_data(path: str, figure: tuple[str, str, str]):
    fact = CITED[path]
    assert (fact.text(), fact.certainty, fact.source) == figure


# Levels -----------------------------------------------------------------------------------------


def number(value: Quantity, unit: str) -> float:
    return float(value.number(unit))


def test_there_are_26_levels_from_c1_to_s2_in_order():
    names = [level.name for level in levels()]
    assert len(names) == 26
    assert names == list(LEVELS)[: len(names)]
    assert (names[0], names[-1]) == ("C1", "S2")


def test_the_levels_add_up_to_the_sums_of_the_fact_book():
    volume = {x.name: number(x.length, "cm") * number(x.csf_area, "cm2") for x in levels()}
    cord = sum(number(x.length, "cm") * number(x.cord_area, "cm2") for x in levels())
    assert sum(x.length.number("cm") for x in levels()) == Fraction("61.9")
    assert sum(volume.values()) == pytest.approx(93.7, abs=0.05)
    for region, sum_ml in (("C", 17.9), ("T", 36.4)):
        total = sum(v for name, v in volume.items() if name[0] == region)
        assert total == pytest.approx(sum_ml, abs=0.15)
    assert sum(v for n, v in volume.items() if n[0] in "LS") == pytest.approx(39.4, abs=0.15)
    assert cord == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("level", levels(), ids=lambda x: x.name)
def test_the_dura_is_a_circle_around_csf_and_cord(level):
    around = 2 * sqrt(pi * (number(level.csf_area, "cm2") + number(level.cord_area, "cm2")))
    assert number(level.dura_perimeter, "cm") == pytest.approx(around, abs=0.06)
    assert bool(level.cord_area) == bool(level.cord_perimeter)


def test_the_cord_ends_at_l1():
    assert [x.name for x in levels() if x.cord_area][-1] == "L1"
    l1 = next(x for x in levels() if x.name == "L1")
    assert l1.cord_area == Quantity.of("0.19", "cm2")


def test_every_column_of_the_levels_says_where_it_comes_from():
    first = table("anatomy/levels")["column"]
    assert list(first) == [
        *("length_cm", "csf_area_cm2", "cord_area_mm2", "cord_perimeter_cm", "dura_perimeter_cm")
    ]


# Parameters and spreads -------------------------------------------------------------------------

SPREADS = {
    "csf.dispersion.factor": ("lognormal", {"sigma": "0.7"}),
    "csf.dispersion.tilt": ("uniform", {"low": "-0.2", "high": "0.2"}),
    "csf.dispersion.stroke_exponent": ("uniform", {"low": "1", "high": "2"}),
    "csf.stroke_volume": ("normal", {"cv": "0.33"}),
    "csf.heart_rate": ("normal", {"cv": "0.15"}),
    "csf.production": ("normal", {"cv": "0.3"}),
    "csf.spinal_absorption_share": ("normal", {"sd": "0.1", "low": "0", "high": "0.6"}),
    "csf.cord.uptake_factor": ("lognormal", {"sigma": "0.5"}),
    "csf.sampling_factor": ("lognormal", {"sigma": "0.3"}),
    "csf.epidural.loss": ("lognormal", {"sigma": "0.7"}),
    "kinetics.morphine.k_d": ("lognormal", {"sigma": "0.4"}),
    "kinetics.baclofen.k_total": ("lognormal", {"sigma": "0.5"}),
}


@pytest.mark.parametrize(("path", "wanted"), SPREADS.items())
def test_a_parameter_says_how_it_differs_between_persons(path: str, wanted):
    spread = parameter(LIBRARY, path).spread
    assert spread is not None
    kind, parameters = wanted
    assert spread.kind == kind
    assert spread.parameters == {k: Fraction(v) for k, v in parameters.items()}


@pytest.mark.parametrize("path", [p for p in CITED if p.startswith(("csf.", "kinetics."))])
def test_every_listed_parameter_and_every_spread_can_be_read(path: str):
    found = parameter(LIBRARY, path)
    assert found.fact == CITED[path]
    assert (found.spread is None) == (f"{path}.spread" not in CITED)


def test_a_parameter_without_a_spread_has_none():
    assert parameter(LIBRARY, "csf.cranial.cistern").spread is None


def test_the_profile_of_dispersion_falls_from_its_upper_to_its_lower_knot():
    knots = dispersion_knots(LIBRARY)
    assert [k.at for k in knots] == [Quantity.of(z, "cm") for z in ("12", "25", "38")]
    values = [k.fact.value.base for k in knots]
    assert values == sorted(values, reverse=True)
    assert all(k.calibration for k in knots)


@pytest.mark.parametrize("path", ["csf", "csf.dispersion", "csf.schema", "csf.schema.x"])
def test_a_group_is_no_parameter(path: str):
    with pytest.raises(UnknownFact, match="no single parameter"):
        parameter(LIBRARY, path)


@pytest.mark.parametrize("path", ["csf.hart_rate", "cfs.heart_rate", "kinetics.morphin.k_d", ""])
def test_an_unknown_parameter_is_refused_with_the_nearest(path: str):
    with pytest.raises(UnknownFact, match="unknown"):
        parameter(LIBRARY, path)


def test_a_spread_of_a_wrong_measure_is_a_broken_file():
    row = dict(table("anatomy/csf")["heart_rate"])
    row["spread"] = {**row["spread"], "kind": "lognormal"}
    with pytest.raises(BrokenFacts, match="has no measure 'cv'"):
        _spread(LIBRARY, "csf.heart_rate", row)
    assert set(SPREAD_MEASURES) == {"lognormal", "normal", "uniform"}


def test_a_site_may_confirm_a_value_and_its_spread(tmp_path):
    path = tmp_path / "site.toml"
    lines = ['schema = "cisterna/site/1"']
    for fact, value in (("csf.heart_rate", "60 1/min"), ("csf.heart_rate.spread", "0.1 1")):
        lines += ["[[confirm]]", f'fact = "{fact}"', f'value = "{value}"']
        lines += ['by = "A. Pharmacist"', "on = 2026-11-20", 'from = "own copy"']
    path.write_text("\n".join(lines), "utf-8")
    library = Library(read_site(path))
    library.refuse_unknown_site_facts()
    found = parameter(library, "csf.heart_rate")
    assert found.fact.value == Quantity.of("60", "1/min")
    assert found.fact.certainty == "read"
    assert found.spread is not None
    assert found.spread.parameters == {"cv": Fraction("0.1")}


# Kinetics ---------------------------------------------------------------------------------------


def test_every_drug_has_kinetics_and_those_without_a_k_are_the_ones_of_the_fact_books():
    found = {name: kinetics(LIBRARY, name) for name in LIBRARY.drug_ids}
    without = {name for name, k in found.items() if not {"k_d", "k_total"} & set(k)}
    assert without == {"hydromorphone", "sufentanil", "ropivacaine", "clonidine"}
    assert {name for name, k in found.items() if "k_d" in k} == {"morphine"}
    without_partition = {name for name, k in found.items() if "k_p" not in k}
    assert without_partition == {"ziconotide", "ropivacaine", "clonidine"}


def test_a_lipophilic_drug_alone_has_more_uptake_than_the_flux():
    lipophilic = {n for n in LIBRARY.drug_ids if "h_extra" in kinetics(LIBRARY, n)}
    assert lipophilic == {"fentanyl", "sufentanil", "bupivacaine", "ropivacaine", "clonidine"}


def test_kinetics_of_an_unknown_drug_are_refused():
    with pytest.raises(UnknownFact, match="did you mean morphine"):
        kinetics(LIBRARY, "morfine")
    with pytest.raises(UnknownFact):
        kinetics(LIBRARY, "schema")


# Validation -------------------------------------------------------------------------------------


def test_all_nineteen_cases_of_the_csf_book_and_the_kinetic_ones_of_the_formulary_are_here():
    assert {f"cv{n}" for n in range(1, 20)} <= set(CASES)
    kinetic = (*range(1, 5), 6, 7, 8, *range(10, 16), *range(17, 22))
    assert set(CASES) == {f"cv{n}" for n in range(1, 20)} | {f"fv{n}" for n in kinetic}


@pytest.mark.parametrize("case", CASES.values(), ids=lambda c: c.id)
def test_a_case_says_its_role_and_why(case):
    assert case.role in ROLES
    assert case.run in RUNS
    assert case.reason
    assert case.title
    assert (case.role == "not-applicable") <= (case.run == "none" and not case.expect)


def test_every_kind_of_run_is_used():
    assert {case.run for case in CASES.values()} == set(RUNS)


def test_calibration_is_only_what_the_fact_books_fitted_to():
    fitted = {case.id for case in CASES.values() if case.role == "calibration"}
    assert fitted == {"cv1", "cv2", "cv6", "cv7", "cv11", "fv10", "fv12"}


@pytest.mark.parametrize("case", RUNNABLE, ids=lambda c: c.id)
def test_a_case_that_can_run_says_what_to_do_and_what_to_expect(case):
    assert case.rule.endswith(".")
    assert case.expect
    assert case.do["route"] in ("bolus", "infusion")
    assert {case.do["tip"], *case.do["sample"]} <= PLACES
    amounts = case.do.get("dose") or case.do["rate"]
    assert set(amounts) == set(case.drugs) <= {*LIBRARY.drug_ids, "tracer"}
    assert all(Quantity.parse(text) for text in amounts.values())
    times = [case.do[k] for k in ("duration", "watch") if case.do.get(k, "steady") != "steady"]
    times += [e.where["time"] for e in case.expect if "time" in e.where]
    assert all(Quantity.parse(text).dimension == DURATION for text in times)


@pytest.mark.parametrize("case", RUNNABLE, ids=lambda c: c.id)
def test_an_expectation_is_a_range_or_a_sign(case):
    for expected in case.expect:
        assert (expected.fact is None) == bool(expected.sign)
        assert expected.quantity in (*QUANTITIES, "slope")
        places = {expected.where[k] for k in ("at", "of", "over") if k in expected.where}
        assert places <= {*PLACES, *case.drugs, "peak", "steady"}
        assert set(expected.where) <= {"drug", "at", "of", "over", "time", "dose"}


def test_a_drug_that_is_run_has_a_k():
    for case in RUNNABLE:
        for drug in set(case.drugs) - {"tracer"}:
            assert {"k_d", "k_total"} & set(kinetics(LIBRARY, drug))
