"""The examples are orders that mean what their comments say."""

from pathlib import Path

import pytest

from cisterna.facts import Library
from cisterna.order.checks import check
from cisterna.order.plan import plan
from cisterna.order.prime import prime
from cisterna.order.program import program
from cisterna.order.reading import read_prescription
from cisterna.quantity import Quantity

EXAMPLES = Path(__file__).parents[1] / "examples"
BLOCKED = {
    "ziconotide-first-fill.toml": {
        "flow-below-pump-minimum",
        "dose-unreachable-at-minimum-flow",
    },
    "unit-slip.toml": {"dose-unit-slip", "flow-above-pump-maximum"},
}


def files() -> list[str]:
    """Every prescription among the examples, by its path under the folder."""
    scenarios = EXAMPLES.glob("scenarios/*.toml")  # tests/pump/test_scenario.py reads those
    orders = set(EXAMPLES.rglob("*.toml")) - set(scenarios)
    return sorted(str(p.relative_to(EXAMPLES)) for p in orders)


@pytest.fixture(scope="module")
def library():
    """The facts, once."""
    return Library()


def test_there_are_at_least_ten_commented_examples():
    assert len(files()) >= 10
    assert all((EXAMPLES / f).read_text("utf-8").startswith("#") for f in files())


@pytest.mark.parametrize("name", files())
def test_only_the_two_examples_of_a_block_are_blocked(name, library):
    result = check(read_prescription(EXAMPLES / name, library), library)
    assert set(result.codes("block")) == BLOCKED.get(name, set())


@pytest.mark.parametrize("name", [f for f in files() if f not in BLOCKED])
def test_a_sound_example_raises_no_warning(name, library):
    result = check(read_prescription(EXAMPLES / name, library), library)
    assert result.codes("warn") == ()


def test_the_first_fill_shows_the_conflict_of_label_and_consensus(library):
    rx = read_prescription(EXAMPLES / "ziconotide-first-fill.toml", library)
    found = {f.code: f for f in check(rx, library).findings}
    assert found["dose-unreachable-at-minimum-flow"].limit == Quantity.of("1.2", "mcg/day")
    assert "rinse 3 × 2 mL" in found["ziconotide-first-fill"].message
    assert program(rx, library).refill.binding == "first-fill"


def test_the_baclofen_start_is_twice_the_screening_dose(library):
    rx = read_prescription(EXAMPLES / "baclofen-start.toml", library)
    screened = rx.order.screening_dose
    assert screened is not None
    assert rx.infusion.daily_dose == screened * 2 / Quantity.of(1, "day")


def test_an_infection_does_not_stop_a_baclofen_refill(library):
    rx = read_prescription(EXAMPLES / "baclofen-infection.toml", library)
    found = [f for f in check(rx, library).findings if f.code == "contraindicated"]
    assert [f.severity for f in found] == ["note"]


def test_a_forgotten_bridge_doubles_the_dose_when_the_concentration_is_halved(library):
    old, new = (
        read_prescription(EXAMPLES / "halved" / f, library) for f in ("old.toml", "new.toml")
    )
    made = plan(old, new, library)
    assert made.bridge is not None
    assert made.bridge.omitted.delivered_fraction == 2


def test_the_change_that_make_run_shows_is_a_flex_mixture_of_half_the_strength(library):
    old, new = (
        read_prescription(EXAMPLES / "change" / f, library) for f in ("old.toml", "new.toml")
    )
    assert new.pump.model.id == "synchromed-ii-40"
    assert new.infusion.mode == "flex"
    assert new.remote is not None
    assert new.mixture
    pairs = zip(old.solution.components, new.solution.components, strict=True)
    assert all(a.concentration == b.concentration * 2 for a, b in pairs)


def test_the_constant_flow_pump_takes_no_programme(library):
    rx = read_prescription(EXAMPLES / "constant-flow.toml", library)
    assert [r.ordered for r in program(rx, library).rates] == [Quantity.of(1, "mL/day")]


def test_the_prometra_example_primes_with_the_tubing_that_it_states(library):
    rx = read_prescription(EXAMPLES / "prometra-periodic.toml", library)
    assert prime(rx, "unprimed").volume == Quantity.of("0.308", "mL")
