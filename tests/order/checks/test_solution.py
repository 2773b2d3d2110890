"""Is the solution what label, consensus and measurement stand behind?"""

from datetime import UTC, datetime

import pytest

from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    MIXTURE,
    MORPHINE,
    NEW_PHASES,
    PHASES,
    ZICONOTIDE,
    Tree,
    checked,
    drug,
    evidence,
    finding,
    findings,
    q,
    quiet,
)

MIXED = {"order.previous_daily_dose": "4.4 mg/day"}


def mix(*drugs: Tree) -> Tree:
    return {**MIXED, "solution.drug": list(drugs)}


# concentration-above-consensus, concentration-above-product --------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_the_consensus_asks_for_at_most_20_mg_of_morphine_per_millilitre(phase):
    def strength(text: str) -> Tree:
        return {"order.phase": phase, "solution.drug.0.concentration": text}

    assert quiet("concentration-above-consensus", MORPHINE, strength("20 mg/mL"))
    found = finding("concentration-above-consensus", MORPHINE, strength("20.1 mg/mL"))
    assert evidence(found) == ("warn", "consensus", "pacc-2017", "recalled")
    assert (found.found, found.limit) == (q("20.1 mg/mL"), q("20 mg/mL"))


@pytest.mark.parametrize("phase", PHASES)
def test_a_solution_is_not_stronger_than_the_product_it_is_made_from(phase):
    def strength(text: str) -> Tree:
        return {"order.phase": phase, "solution.drug.0.concentration": text}

    assert quiet("concentration-above-product", MORPHINE, strength("25 mg/mL"))
    found = finding("concentration-above-product", MORPHINE, strength("25.1 mg/mL"))
    assert evidence(found) == ("warn", "label", "infumorph-label", "read")
    assert found.limit == q("25 mg/mL")


def test_without_a_product_the_strongest_one_for_pumps_is_the_measure():
    def strength(text: str) -> Tree:
        more = {"solution.drug.0.product": None, "solution.drug.0.preservative_free": True}
        return {"solution.drug.0.concentration": text, **more}

    assert quiet("concentration-above-product", BACLOFEN, strength("2000 mcg/mL"))
    found = finding("concentration-above-product", BACLOFEN, strength("2001 mcg/mL"))
    assert found.limit == q("2000 mcg/mL")


def test_the_named_product_binds_even_where_a_stronger_one_exists():
    here = {"solution.drug.0.product": "infumorph-200"}

    assert finding("concentration-above-product", MORPHINE, here).limit == q("10 mg/mL")


def test_a_drug_without_a_product_for_pumps_has_no_product_limit():
    assert quiet("concentration-above-product", HYDROMORPHONE)


# not-on-label ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_hydromorphone_is_on_no_label(phase):
    found = finding("not-on-label", HYDROMORPHONE, {"order.phase": phase})

    assert evidence(found) == ("note", "agency", "fda-notice-2018", "read")


def test_morphine_is_on_label_for_pain_in_the_us_and_for_nothing_else():
    assert quiet("not-on-label", MORPHINE)
    assert not quiet("not-on-label", MORPHINE, {"patient.indication": "cerebral-palsy"})
    assert not quiet("not-on-label", MORPHINE, {"order.jurisdiction": "EU"})
    test_dose = {"solution.drug.0.product": "duramorph-1"}
    assert not quiet("not-on-label", MORPHINE, test_dose)


def test_ziconotide_is_labelled_for_named_pumps_only():
    assert quiet("not-on-label", ZICONOTIDE, {"order.jurisdiction": "EU"})
    assert quiet("not-on-label", ZICONOTIDE, {"pump.model": "synchromed-iii-20"})
    found = finding("not-on-label", ZICONOTIDE, {"pump.model": "prometra-ii-20"})
    assert "Prometra" in found.message


def test_a_solution_stronger_than_every_labelled_product_is_off_label():
    here = {
        "solution.drug.0.product": None,
        "solution.drug.0.preservative_free": True,
        "solution.drug.0.concentration": "25 mg/mL",
    }

    assert quiet("not-on-label", MORPHINE, here)
    stronger = {**here, "solution.drug.0.concentration": "25.1 mg/mL"}
    assert not quiet("not-on-label", MORPHINE, stronger)


# mixture-off-label, mixture-stability-unknown, stability-unknown ---------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_mixture_is_off_label_even_when_a_part_is_approved(phase):
    here = {"order.phase": phase}

    assert quiet("mixture-off-label", MORPHINE, here)
    found = finding("mixture-off-label", MIXTURE, here)
    assert evidence(found) == ("note", "agency", "fda-notice-2018", "read")


def test_morphine_with_bupivacaine_was_measured_from_12_to_30_mg_per_millilitre():
    def with_morphine(strength: str) -> Tree:
        return mix(drug("morphine", strength), drug("bupivacaine", "10 mg/mL"))

    code = "mixture-stability-unknown"
    assert quiet(code, MIXTURE, with_morphine("12 mg/mL"))
    assert quiet(code, MIXTURE, with_morphine("30 mg/mL"))
    found = finding(code, MIXTURE, with_morphine("11.9 mg/mL"))
    assert evidence(found) == ("note", "ours", "ours", "assumed")
    assert not quiet(code, MIXTURE, with_morphine("30.1 mg/mL"))


def test_a_measurement_in_glass_or_a_syringe_proves_nothing_for_a_pump():
    # Morphine 0.2 with bupivacaine 7.5 mg/mL kept for 18 months, in glass.
    here = mix(drug("morphine", "0.2 mg/mL"), drug("bupivacaine", "7.5 mg/mL"))

    assert not quiet("mixture-stability-unknown", MIXTURE, here)


def test_a_mixture_that_was_measured_and_failed_is_not_stable():
    here = mix(drug("morphine", "20 mg/mL"), drug("sufentanil", "50 mcg/mL"))
    assert not quiet("mixture-stability-unknown", MORPHINE, here)


def test_a_single_drug_that_nobody_measured_is_said_under_its_own_code():
    fentanyl = {
        "solution.drug": [drug("fentanyl", "1 mg/mL")],
        "infusion.primary": "fentanyl",
        "infusion.daily_dose": "220 mcg/day",
        "order.previous_daily_dose": "200 mcg/day",
    }

    found = finding("stability-unknown", MORPHINE, fentanyl)
    assert evidence(found) == ("note", "ours", "ours", "assumed")
    assert quiet("mixture-stability-unknown", MORPHINE, fentanyl)
    assert quiet("stability-unknown", MORPHINE)


# stability-shorter-than-refill -------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_reservoir_that_outlasts_its_drug_is_noted(phase):
    # 18 mL above an alarm of 2 mL: at 0.2 mL/day they last 90 days, as long as morphine is shown.
    def dose(text: str) -> Tree:
        more = {"order.phase": phase, "order.previous_daily_dose": "4 mg/day"}
        return {"infusion.daily_dose": text, "alarm.low_reservoir": "2 mL", **more}

    assert quiet("stability-shorter-than-refill", MORPHINE, dose("4 mg/day"))
    found = finding("stability-shorter-than-refill", MORPHINE, dose("3.99 mg/day"))
    assert evidence(found) == ("note", "published", "uw-refill-page", "read")
    assert found.found == "2027-02-21T10:00:00+00:00"


# prepared-too-long-before-fill -------------------------------------------------------------------


def prepared(day: int, hour: int, minute: int = 0) -> Tree:
    return {"solution.prepared": datetime(2026, 11, day, hour, minute, tzinfo=UTC)}


@pytest.mark.parametrize("phase", PHASES)
def test_ziconotide_is_filled_within_24_hours_of_its_preparation(phase):
    here = {"order.phase": phase}

    on_time = {**here, **prepared(22, 10)}
    assert quiet("prepared-too-long-before-fill", ZICONOTIDE, on_time)
    late = {**here, **prepared(22, 9, 59)}
    found = finding("prepared-too-long-before-fill", ZICONOTIDE, late)
    assert evidence(found) == ("warn", "label", "prialt-label-us", "recalled")
    assert found.limit == q("24 h")


def test_in_europe_the_24_hours_hold_for_diluted_ziconotide():
    europe = {"order.jurisdiction": "EU", **prepared(22, 9)}
    assert quiet("prepared-too-long-before-fill", ZICONOTIDE, europe)

    diluted = {**europe, "solution.drug.0.concentration": "20 mcg/mL"}
    found = finding("prepared-too-long-before-fill", ZICONOTIDE, diluted)
    assert evidence(found) == ("warn", "agency", "prialt-smpc", "read")


def test_a_bare_date_of_preparation_counts_from_midnight():
    day = datetime(2026, 11, 22, tzinfo=UTC).date()

    found = finding("prepared-too-long-before-fill", ZICONOTIDE, {"solution.prepared": day})
    assert found.found == q("34 h")


def test_an_order_that_does_not_say_when_it_was_prepared_is_asked():
    asked = finding("missing-for-check", ZICONOTIDE, {"solution.prepared": None})

    assert "solution.prepared" in str(asked.found)
    assert quiet("missing-for-check", MORPHINE, {"solution.prepared": None})


# preservative ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_no_preservative_goes_into_the_pump(phase):
    def free(answer: bool) -> Tree:
        return {
            "order.phase": phase,
            "solution.drug.0.product": None,
            "solution.drug.0.preservative_free": answer,
        }

    assert quiet("preservative", MORPHINE, free(True))
    found = finding("preservative", MORPHINE, free(False))
    assert evidence(found) == ("block", "device", "medtronic-patient-selection", "read")


def test_a_product_free_of_preservative_answers_the_question():
    assert quiet("preservative", MORPHINE)
    assert quiet("missing-for-check", MORPHINE)


def test_neither_product_nor_statement_is_a_question_not_a_pass():
    here = {"solution.drug.0.product": None}

    assert quiet("preservative", MORPHINE, here)
    asked = finding("missing-for-check", MORPHINE, here)
    assert "solution.drug[1].preservative_free" in str(asked.found)


def test_a_stated_preservative_blocks_whatever_the_product():
    assert not quiet("preservative", MORPHINE, {"solution.drug.0.preservative_free": False})


# ziconotide-first-fill ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "exposed"),
    [*((phase, False) for phase in PHASES), *((phase, None) for phase in NEW_PHASES)],
)
def test_the_first_fill_with_ziconotide_is_undiluted(phase, exposed):
    here = {"order.phase": phase, "pump.ziconotide_exposed": exposed}

    kept = finding("ziconotide-first-fill", ZICONOTIDE, here)
    assert evidence(kept) == ("note", "label", "prialt-label-us", "read")
    diluted = {**here, "solution.drug.0.concentration": "24.9 mcg/mL"}
    broken = finding("ziconotide-first-fill", ZICONOTIDE, diluted)
    assert evidence(broken) == ("warn", "label", "prialt-label-us", "read")
    assert (broken.found, broken.limit) == (q("24.9 mcg/mL"), q("25 mcg/mL"))
    assert "3 × 2 mL" in broken.message
    assert "14 days" in broken.message


@pytest.mark.parametrize("phase", ["titration", "maintenance"])
def test_a_running_therapy_that_does_not_say_whether_it_is_the_first_fill_is_only_told(phase):
    here = {
        "order.phase": phase,
        "pump.ziconotide_exposed": None,
        "solution.drug.0.concentration": "20 mcg/mL",
    }

    assert finding("ziconotide-first-fill", ZICONOTIDE, here).severity == "note"


def test_an_external_pump_has_no_first_fill():
    here = {"pump.model": "external-reference", "pump.ziconotide_exposed": False}

    assert quiet("ziconotide-first-fill", ZICONOTIDE, here)


@pytest.mark.parametrize("phase", PHASES)
def test_a_pump_that_has_held_ziconotide_has_no_first_fill(phase):
    assert quiet("ziconotide-first-fill", ZICONOTIDE, {"order.phase": phase})


def test_a_pump_of_unknown_history_is_judged_as_new_and_asked():
    here = {"pump.ziconotide_exposed": None}

    assert not quiet("ziconotide-first-fill", ZICONOTIDE, here)
    asked = finding("missing-for-check", ZICONOTIDE, here)
    assert "pump.ziconotide_exposed" in str(asked.found)


def test_the_low_start_and_the_undiluted_first_fill_exclude_each_other():
    # At 25 mcg/mL the smallest dose is 1.2 mcg/day; 0.5 mcg/day needs at most 10.4 mcg/mL.
    new = {
        "order.phase": "start",
        "order.previous_daily_dose": None,
        "pump.ziconotide_exposed": False,
        "infusion.daily_dose": "0.5 mcg/day",
    }

    undiluted = checked(ZICONOTIDE, new)
    assert "dose-unreachable-at-minimum-flow" in undiluted.codes("block")
    diluted = checked(ZICONOTIDE, {**new, "solution.drug.0.concentration": "10.4 mcg/mL"})
    assert "dose-unreachable-at-minimum-flow" not in diluted.codes()
    assert "ziconotide-first-fill" in diluted.codes("warn")


def test_no_other_drug_has_a_first_fill():
    assert findings("ziconotide-first-fill", MORPHINE, {"pump.ziconotide_exposed": False}) == []
