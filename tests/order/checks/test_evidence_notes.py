"""What nobody has read, what the order does not say, and how every finding shows its evidence."""

from pathlib import Path

import pytest

from cisterna.facts import Library, read_site
from cisterna.facts.cited import AUTHORITIES, CERTAINTIES
from cisterna.order.checks import SEVERITIES
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    PHASES,
    QUIET,
    REMOTE,
    ZICONOTIDE,
    Changes,
    Tree,
    checked,
    finding,
    findings,
    quiet,
)

SITE = """
schema = "cisterna/site/1"
[[confirm]]
fact = "morphine.limit.ceiling-consensus"
value = "15 mg/day"
by = "A. Pharmacist"
on = 2026-11-20
from = "PACC 2017, table 9, own copy"
"""


def confirmed(folder: Path, fact: str, value: str) -> Library:
    text = SITE.replace("morphine.limit.ceiling-consensus", fact).replace("15 mg/day", value)
    file = folder / "site.toml"
    file.write_text(text, "utf-8")
    return Library(read_site(file))


def unverified(
    base: Tree = MORPHINE, changes: Changes | None = None, library: Library = LIBRARY
) -> list[str]:
    found = [f for f in checked(base, changes, library).findings if f.code == "unverified-limit"]
    (only,) = found
    return str(only.found).split(", ")


# unverified-limit --------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_one_note_lists_every_value_that_nobody_has_read(phase):
    here = {"order.phase": phase}
    facts = checked(MORPHINE, here).used

    listed = unverified(MORPHINE, here)
    assert sorted(listed) == sorted({f.path for f in facts if not f.verified})
    assert finding("unverified-limit", MORPHINE, here).severity == "note"


@pytest.mark.parametrize("name", QUIET)
def test_no_value_is_listed_twice(name):
    listed = unverified(QUIET[name])

    assert len(listed) == len(set(listed))


def test_a_value_used_by_several_checks_is_listed_once():
    # The maximum flow is asked by the schedule, the remote and the periodic bolus alike.
    assert unverified(MORPHINE, {"remote": REMOTE}).count("synchromed-ii.flow_max") == 1


def test_what_was_read_is_not_listed():
    listed = unverified(MORPHINE)

    assert "morphine.limit.ceiling-consensus" in listed
    assert "morphine.limit.ceiling-label" not in listed
    assert "synchromed-ii.flow_min" not in listed


def test_a_recalled_clinical_limit_warns_and_never_blocks():
    for base, changes in (
        (MORPHINE, {"infusion.daily_dose": "16 mg/day", "order.previous_daily_dose": "15 mg/day"}),
        (MORPHINE, {"solution.drug.0.concentration": "24 mg/mL"}),
        (HYDROMORPHONE, {"order.phase": "start", "infusion.daily_dose": "1 mg/day"}),
    ):
        recalled = [f for f in checked(base, changes).findings if f.certainty == "recalled"]
        assert [f.severity for f in recalled] == ["warn"]


def test_a_recalled_device_limit_may_block_and_is_marked():
    fast = {"remote": {**REMOTE, "duration": "36 s"}}

    found = finding("flow-above-pump-maximum", MORPHINE, fast)
    assert (found.severity, found.certainty) == ("block", "recalled")
    assert "synchromed-ii.flow_max" in unverified(MORPHINE, fast)


def test_a_value_that_the_site_confirmed_leaves_the_list(tmp_path):
    fact = "morphine.limit.ceiling-consensus"
    assert fact in unverified()

    library = confirmed(tmp_path, fact, "15 mg/day")
    assert fact not in unverified(library=library)


@pytest.mark.parametrize(
    ("base", "fact", "value"),
    [
        (MORPHINE, "synchromed-ii.flow_max", "24 mL/day"),
        (MORPHINE, "opioid.limit.drop", "50 %"),
        (MORPHINE, "guidance.refill_lead", "3 day"),
        (BACLOFEN, "baclofen.limit.stability-device", "90 day"),
        (ZICONOTIDE, "ziconotide.limit.prepared-label-us", "24 h"),
    ],
)
def test_limits_of_class_pump_and_guidance_can_be_confirmed_too(tmp_path, base, fact, value):
    assert fact in unverified(base)
    assert fact not in unverified(base, library=confirmed(tmp_path, fact, value))


def test_the_stability_of_a_mixture_can_be_confirmed_too(tmp_path):
    fact = "mixtures.mixture.ziconotide-bupivacaine.stable_for"
    mixture = {
        "solution.drug": [
            {"name": "ziconotide", "concentration": "25 mcg/mL", "product": "prialt-25"},
            {"name": "bupivacaine", "concentration": "5 mg/mL", "preservative_free": True},
        ]
    }

    assert fact in unverified(ZICONOTIDE, mixture)
    library = confirmed(tmp_path, fact, "20 day")
    assert fact not in unverified(ZICONOTIDE, mixture, library)


def test_a_confirmed_limit_still_binds_and_counts_as_read(tmp_path):
    library = confirmed(tmp_path, "morphine.limit.ceiling-consensus", "12 mg/day")
    above = {"infusion.daily_dose": "13 mg/day", "order.previous_daily_dose": "13 mg/day"}

    assert quiet("dose-above-consensus", MORPHINE, above)
    found = [
        f for f in checked(MORPHINE, above, library).findings if f.code == "dose-above-consensus"
    ]
    assert [(f.severity, f.certainty) for f in found] == [("warn", "read")]


# missing-for-check -------------------------------------------------------------------------------


def test_one_note_asks_for_everything_that_a_check_needs():
    asked = finding(
        "missing-for-check",
        MORPHINE,
        {"patient": {}, "catheter.tip": None, "order.previous_daily_dose": None},
    )

    assert asked.severity == "note"
    assert set(str(asked.found).split(", ")) >= {
        "patient.conditions",
        "patient.medicines",
        "patient.born",
        "catheter.tip",
        "order.previous_daily_dose",
    }


@pytest.mark.parametrize("name", QUIET)
def test_a_complete_order_is_asked_nothing(name):
    assert quiet("missing-for-check", QUIET[name])


# all findings ------------------------------------------------------------------------------------

LOUD = {
    "order.phase": "start",
    "patient.conditions": ["active-infection", "copd", "pregnancy"],
    "patient.medicines": ["benzodiazepine", "maoi"],
    "patient.opioid_tolerant": False,
    "solution.fill_volume": "41 mL",
    "solution.drug.0.concentration": "30 mg/mL",
    "solution.drug.0.preservative_free": False,
    "infusion.daily_dose": "90 mg/day",
    "remote": {**REMOTE, "lockout": "1 min"},
}


@pytest.mark.parametrize("base", [MORPHINE, HYDROMORPHONE, MIXTURE])
def test_every_finding_shows_its_limit_s_owner_source_place_and_certainty(base):
    found = checked(base, LOUD).findings

    assert len(found) > 8
    for f in found:
        if f.code in ("unverified-limit", "missing-for-check"):
            continue
        assert f.authority in AUTHORITIES, f.code
        assert f.certainty in CERTAINTIES, f.code
        assert f.source in LIBRARY.sources, f.code
        assert f.locator, f.code
        assert f.message.endswith((".", ").")), f.code


def test_blocks_come_first_and_notes_last():
    order = [SEVERITIES.index(f.severity) for f in checked(MORPHINE, LOUD).findings]

    assert order == sorted(order)


def test_an_order_is_ok_when_nothing_blocks():
    assert checked(MORPHINE).ok
    assert not checked(MORPHINE, LOUD).ok


def test_every_code_of_the_facts_has_a_test_of_its_own():
    here = Path(__file__).parent
    text = "".join(p.read_text("utf-8") for p in sorted(here.glob("test_*.py")))

    assert [code for code in LIBRARY.severities if f'"{code}"' not in text] == []


def test_a_finding_never_has_a_code_that_the_facts_do_not_know():
    assert {f.code for f in checked(MORPHINE, LOUD).findings} <= set(LIBRARY.severities)
    assert findings("no-such-code") == []
