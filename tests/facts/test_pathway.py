"""The rules of the course stand in the data as the pathway book has them."""

from datetime import date

import pytest

from cisterna.facts import Library, Pathway, UnknownFact
from cisterna.facts.signing import Signing
from cisterna.facts.site import Confirmation, Site
from cisterna.quantity import Quantity

RULES = Pathway()
ROLES = (
    *("physician", "surgeon", "nurse", "pharmacist", "therapist", "psychologist"),
    *("patient", "caregiver", "auditor", "admin"),
)

# Pathway §8, row by row as printed there: Y is yes, - is nothing.
MATRIX = """
evaluation      Y   Y          draft       -      -      -  -          -         read -
function        Y   Y          Y           -      Y      -  self       proxy     read -
psychology      -   -          -           -      -      Y  -          -         read -
team            Y   Y          Y           Y      Y      Y  preference -         read -
trial           Y   Y          observe     verify score  -  consent    -         read -
implant         co  Y          co          -      -      -  -          -         read -
prescribe       Y   privileged -           verify -      -  -          -         read -
compound        -   -          -           Y      -      -  -          -         read -
program         Y   privileged order       -      -      -  -          -         read -
beyond-range    second -       -           co     -      -  -          -         read -
refill          Y   -          Y           -      -      -  -          -         read -
patient-dose    -   -          -           -      -      -  Y          delegated read -
dose-limits     Y   -          -           verify -      -  -          -         read -
emergency-stop  Y   Y          break-glass -      -      -  -          -         read -
triage          Y   Y          Y           -      -      -  write      write     read -
users           -   -          -           -      -      -  -          -         read Y
"""
CELLS = [
    (line.split()[0], role, cell)
    for line in MATRIX.strip().splitlines()
    for role, cell in zip(ROLES, line.split()[1:], strict=True)
]


@pytest.mark.parametrize(("row", "role", "cell"), CELLS)
def test_a_cell_of_the_role_matrix_is_that_of_the_book(row: str, role: str, cell: str):
    assert RULES.cell(row, role) == {"Y": "yes", "-": ""}.get(cell, cell)


SAME = {"": None, "yes": "yes", "privileged": "privilege", "order": "order"}


@pytest.mark.parametrize("role", ROLES)
def test_who_signs_and_stops_a_dose_is_who_the_matrix_names(role: str):
    """The rows of signing.toml are those of the matrix, in the words of the gate."""
    signing = Signing()
    if role != "auditor":
        assert signing.leave("change", role) == SAME[RULES.cell("program", role)]
        stops = RULES.cell("emergency-stop", role) in ("yes", "break-glass")
        assert signing.leave("stop", role) == ("yes" if stops else None)
    beyond = RULES.cell("beyond-range", role)
    assert signing.leave("above-range", role) == ("yes" if beyond == "second" else None)
    signs = "yes" if beyond in ("second", "co") else None
    assert signing.leave("second-above-range", role) == signs
    limits = RULES.cell("dose-limits", role)
    assert signing.leave("patient-dose", role) == ("yes" if limits == "yes" else None)


def test_the_system_itself_may_do_none_of_the_acts():
    assert not [act for act in RULES.ids("act") if RULES.may(act, "system")]


def test_an_auditor_and_an_administrator_change_nothing_clinical():
    may = {r: [a for a in RULES.ids("act") if RULES.may(a, r)] for r in ("auditor", "admin")}
    # Whom to call in an emergency says nothing about anybody.
    assert may == {"auditor": [], "admin": ["give-telephones"]}


@pytest.mark.pathway("PW-015")
@pytest.mark.parametrize("name", Library().terms("indication"))
def test_each_of_the_twelve_indications_has_scales_and_at_least_one_trial(name: str):
    found = RULES.indication(name)
    assert found.scales
    assert [t for t in RULES.ids("trial") if RULES.trial(t).purpose == found.term.purpose]
    assert bool(found.codes) == (name != "brain-injury"), "the book has no code for brain injury"


def test_back_pain_opens_the_back_scales_and_spasticity_the_ashworth_scale():
    backs = ("failed-back-surgery-syndrome", "spinal-stenosis", "degenerative-disc-disease")
    assert all("roland-morris" in RULES.indication(name).scales for name in backs)
    for name in ("multiple-sclerosis", "spinal-cord-injury", "cerebral-palsy"):
        assert "modified-ashworth" in RULES.indication(name).scales


def test_only_cancer_has_a_fast_track():
    names = Library().terms("indication")
    assert [n for n in names if RULES.indication(n).fast_track] == ["cancer-pain"]


# Figures of pathway §1.7, §2.5, §3 and §8, written out again.
FIGURES = {
    "valid.screen": ("30 days", "assumed"),
    "valid.second_signature": ("15 min", "assumed"),
    "anticoagulant.warfarin.hold": ("5 days", "read"),
    "anticoagulant.clopidogrel.hold": ("7 days", "read"),
    "anticoagulant.apixaban.hold": ("3 days", "recalled"),
    "anticoagulant.dabigatran.hold": ("4 days", "recalled"),
    "anticoagulant.prasugrel.hold": ("7 to 10 days", "recalled"),
    "anticoagulant.ticagrelor.hold": ("5 days", "recalled"),
    "anticoagulant.lmwh-therapeutic.hold": ("24 h", "recalled"),
    "anticoagulant.lmwh-prophylactic.hold": ("12 h", "recalled"),
    "anticoagulant.heparin-iv.hold": ("6 h", "recalled"),
    "anticoagulant.heparin-sc.hold": ("24 h", "recalled"),
    "anticoagulant.fondaparinux.hold": ("4 days", "recalled"),
    "anticoagulant.aspirin-primary.hold": ("6 days", "recalled"),
    "restart_after": ("24 h", "read"),
    "trial.single-shot-opioid.observe": ("24 h", "read"),
    "trial.continuous-catheter.observe": ("2 to 4 days", "recalled"),
    "trial.baclofen-bolus.observe": ("4 to 8 h", "read"),
    "trial.baclofen-bolus.between": ("24 h", "read"),
    "trial.baclofen-continuous.observe": ("48 to 72 h", "read"),
    "trial.multiple-bolus.dose-1": ("25 mcg", "read"),
    "trial.multiple-bolus.dose-5": ("400 mcg", "read"),
    "verdict.relief_success": ("50 %", "read"),
    "verdict.relief_fail": ("30 %", "assumed"),
    "verdict.tone_drop": ("1", "recalled"),
    "verdict.baclofen_last": ("100 mcg", "read"),
    "antibiotic.any.within": ("1 h", "read"),
    "antibiotic.vancomycin.within": ("2 h", "recalled"),
    "pocket.depth": ("2.5 cm", "read"),
    "stay": ("1 to 3 days", "assumed"),
    "watch.neuro.first_every": ("1 h", "assumed"),
    "watch.neuro.first_for": ("4 h", "assumed"),
    "watch.neuro.then_every": ("4 h", "assumed"),
    "watch.neuro.then_for": ("24 h", "assumed"),
    "watch.opioid.first_every": ("1 h", "read"),
    "watch.opioid.first_for": ("12 h", "read"),
    "watch.opioid.then_every": ("2 h", "read"),
    "watch.opioid.then_for": ("12 h", "read"),
    "haematoma.evacuate_within": ("12 h", "read"),
    "reassess.baclofen.by_first": ("24 h", "read"),
    "reassess.any.by_first": ("24 h", "assumed"),
    "reassess.any.by_second": ("72 h", "assumed"),
    "reassess.weekly": ("7 days", "assumed"),
    "lost_effect.count": ("2", "assumed"),
    "lost_effect.size": ("20 %", "assumed"),
    "lost_effect.within": ("90 days", "assumed"),
}


@pytest.mark.parametrize(("path", "figure"), FIGURES.items())
def test_a_figure_of_the_pathway_book_stands_in_the_data(path: str, figure: tuple[str, str]):
    fact = RULES.figure(path)
    assert (fact.text(), fact.certainty) == figure


def test_secondary_prevention_with_aspirin_has_no_figure():
    assert RULES.hold("aspirin-secondary").hold is None


def test_an_infection_blocks_trial_and_implant_but_only_one_of_the_skin_blocks_a_refill():
    assert RULES.contraindication("active-infection").blocks == ("trial", "implant")
    every = [RULES.contraindication(name) for name in RULES.ids("contraindication")]
    assert [c.id for c in every if "refill" in c.blocks] == ["skin-infection-at-site"]


def test_what_is_absolute_cannot_be_overridden():
    every = [RULES.contraindication(name) for name in RULES.ids("contraindication")]
    assert {c.kind for c in every if c.override} == {"relative", "flag"}
    assert all(c.blocks for c in every if c.kind == "absolute")


def test_a_psychologist_is_asked_for_pain_that_is_no_cancer():
    asked = {n: RULES.psychology_asked(RULES.indication(n)) for n in RULES.ids("indication")}
    assert asked["failed-back-surgery-syndrome"]
    assert not asked["cancer-pain"]
    assert not asked["cerebral-palsy"]


def test_every_place_on_the_course_can_be_reached_and_all_but_the_end_can_be_left():
    steps = RULES.steps()
    assert {s.before for s in steps} - {s.after for s in steps} == {"referred"}
    assert {s.after for s in steps} - {s.before for s in steps} == {"therapy-ended"}


def test_an_implant_has_only_two_ways_in_and_both_need_the_decision():
    ways = [s for s in RULES.steps() if s.after == "implant-planned"]
    assert {s.before for s in ways} == {"trial-running", "trial-waived"}
    assert all({"decision", "implant-open", "team", "criteria"} <= set(s.guards) for s in ways)


def test_a_site_may_shorten_how_long_a_screen_stands_and_never_lengthen_it():
    def valid(text: str) -> str:
        return Pathway(Library(site(text))).figure("valid.screen").text()

    assert valid("14 day") == "14 days"
    with pytest.raises(ValueError, match="never loosen"):
        valid("60 day")


def site(text: str) -> Site:
    value, path = Quantity.parse(text), "pathway.valid.screen"
    return Site({path: Confirmation(path, value, value, "A. P.", date(2026, 1, 1), "own copy")})


def test_a_name_that_nobody_has_is_refused_with_the_nearest():
    with pytest.raises(UnknownFact, match="did you mean baclofen-bolus"):
        RULES.trial("baclofen-bolos")
