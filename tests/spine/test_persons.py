"""Virtual persons: who they are, that they stay the same, and that they follow their facts."""

from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from cisterna.facts import Library
from cisterna.facts.spine import Parameter, kinetics, parameter
from cisterna.spine.cohort import _PERSON, _TISSUE, Draw, cohort, default_draw, middle
from cisterna.spine.network import Array
from cisterna.spine.person import Kinetics, Person
from cisterna.spine.reading import groups, model_of, settled, together

LIBRARY = Library()
MANY = cohort(LIBRARY, 8, 4000)
DEFAULT = default_draw(LIBRARY)
DRUGS = tuple(MANY.kinetics)


def arrays(values: Person | Kinetics) -> dict[str, Array]:
    """The values that differ from person to person."""
    found = {f.name: getattr(values, f.name) for f in fields(values)}
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


def every(draw: Draw) -> dict[str, Array]:
    """All values of a draw by a name of their own."""
    drugs = {d: arrays(k).items() for d, k in draw.kinetics.items()}
    return arrays(draw.person) | {f"{d} {n}": v for d, vs in drugs.items() for n, v in vs}


def test_a_larger_cohort_begins_with_the_same_persons():
    few, many = every(cohort(LIBRARY, 8, 17)), every(MANY.part(slice(0, 17)))
    assert set(few) == set(many)
    for name, values in few.items():
        assert (values == many[name]).all(), name


def test_a_seed_gives_the_same_persons_and_another_seed_others():
    one, again, other = (every(cohort(LIBRARY, seed, 5)) for seed in (3, 3, 4))
    assert all((one[name] == again[name]).all() for name in one)
    drawn = [name for name in one if np.ptp(one[name]) > 0.0]
    assert len(drawn) > 20
    assert all((one[name] != other[name]).all() for name in drawn)


def test_one_person_alone_is_the_one_among_many():
    names = every(MANY)
    for number in (0, 7, 3999):
        alone = every(MANY.one(number))
        assert all(alone[n].shape == (1,) for n in names)
        assert all(alone[n][0] == names[n][number] for n in names)


def test_no_two_parameters_of_a_person_go_together_by_chance():
    table = np.array([v for v in arrays(MANY.person).values() if np.ptp(v) > 0.0])
    off = np.corrcoef(np.argsort(np.argsort(table))) - np.eye(len(table))
    assert np.abs(off).max() < 0.08  # five standard errors of 4,000 persons


def expected(p: Parameter, unit: str) -> "stats.rv_frozen | None":
    """The distribution that a fact states, from SciPy; None for a value without a spread."""
    low, high = (float(end.number(unit)) for end in (p.fact.least, p.fact.most))
    if p.spread is None:
        return None if low == high else stats.loguniform(low, high)
    value = middle(p, unit)
    numbers = {k: float(v) for k, v in p.spread.parameters.items()}
    if p.spread.kind == "lognormal":
        return stats.lognorm(s=numbers["sigma"], scale=value)
    if p.spread.kind == "uniform":
        return stats.uniform(numbers["low"], numbers["high"] - numbers["low"])
    deviation = numbers.get("sd", value * numbers.get("cv", 0.0))
    ends = numbers.get("low", 0.05 * value), numbers.get("high", np.inf)
    a, b = ((end - value) / deviation for end in ends)
    return stats.truncnorm(a, b, loc=value, scale=deviation)


def follows(values: Array, p: Parameter, unit: str) -> None:
    """Kolmogorov and Smirnov see no difference; no value is beyond the bounds; the median fits."""
    wanted = expected(p, unit)
    if wanted is None:
        assert (values == middle(p, unit)).all()
        return
    low, high = wanted.support()
    assert values.min() >= low
    assert values.max() <= high
    assert stats.kstest(values, wanted.cdf).pvalue > 1e-4
    error = 5.0 * 0.5 / np.sqrt(len(values))
    middle_low, middle_high = wanted.ppf([0.5 - error, 0.5 + error])
    assert middle_low <= np.median(values) <= middle_high


@pytest.mark.parametrize("name", _PERSON)
def test_a_persons_value_follows_its_fact(name):
    path, unit = _PERSON[name]
    p = parameter(LIBRARY, path)
    follows(getattr(MANY.person, name), p, unit)
    assert getattr(DEFAULT.person, name) == pytest.approx(middle(p, unit))


@pytest.mark.parametrize("name", _TISSUE)
def test_a_tissues_value_follows_its_fact_and_is_the_same_for_every_drug(name):
    path, unit = _TISSUE[name]
    follows(getattr(MANY.kinetics["morphine"], name), parameter(LIBRARY, path), unit)
    for drug in DRUGS:
        same = getattr(MANY.kinetics[drug], name) == getattr(MANY.kinetics["morphine"], name)
        assert same.all()


@pytest.mark.parametrize("drug", DRUGS)
def test_a_drugs_values_follow_its_facts(drug):
    rows, found = kinetics(LIBRARY, drug), MANY.kinetics[drug]
    known = {"theta": ("theta", "1"), "k_p": ("partition", "1")}
    known |= {"h_extra": ("uptake_extra_per_h", "1/h"), "k_d": ("k_dura_per_h", "1/h")}
    for name in known.keys() & rows.keys():
        field, unit = known[name]
        follows(getattr(found, field), rows[name], unit)
    if "k_d" not in rows:
        p = rows["k_total"]
        share = found.k_dura_per_h / DEFAULT.kinetics[drug].k_dura_per_h * middle(p, "1/h")
        follows(share, p, "1/h")
    assert (found.k_dura_per_h > 0.0).all()


@pytest.mark.parametrize("drug", DRUGS)
def test_every_volume_and_flow_of_every_person_is_above_zero(drug):
    network = model_of(MANY, drug).network
    for values in (network.volume_ml, network.forward_ml_per_h, network.back_ml_per_h):
        assert (values > 0.0).all()
        assert np.isfinite(values).all()
    assert (network.loss_ml_per_h >= 0.0).all()


def test_persons_side_by_side_are_the_persons_one_by_one():
    draw = cohort(LIBRARY, 2, 6)
    side = settled(draw, "baclofen", "T8", 0.1)
    alone = together([settled(draw.one(n), "baclofen", "T8", 0.1) for n in range(6)])
    assert side.csf == pytest.approx(alone.csf, rel=1e-12)
    assert side.cord == pytest.approx(alone.cord, rel=1e-12)
    assert side.sites == pytest.approx(alone.sites, rel=1e-12)
    assert side.plasma is not None
    assert side.plasma == pytest.approx(alone.plasma, rel=1e-12)


@pytest.mark.parametrize("size", [1, 499, 500, 501, 1203])
def test_groups_hold_everyone_once(size):
    parts = [part.person.tilt for part in groups(MANY, size)]
    assert (np.concatenate(parts) == MANY.person.tilt[:size]).all()
    assert max(map(len, parts)) <= 500
