"""Networks of many persons: the tree solve against dense solves, and what is no tree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.spine.network import Network

POSITIVE = st.floats(0.01, 100.0)


@st.composite
def forests(draw) -> Network:
    """A random tree with links in any order and direction, in several persons."""
    size, persons = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    links = [(draw(st.integers(0, n - 1)), n) for n in range(1, size)]
    names = draw(st.permutations(range(size)))
    links = [(names[a], names[b]) for a, b in draw(st.permutations(links))]
    turned = [(b, a) if draw(st.booleans()) else (a, b) for a, b in links]
    seed = np.random.default_rng(draw(st.integers(0, 2**32)))
    a, b = np.array(turned, dtype=np.intp).reshape(-1, 2).T
    to, fro = (np.exp(seed.uniform(-4, 4, (size - 1, persons))) for _ in range(2))
    volume, loss = (np.exp(seed.uniform(-4, 4, (size, persons))) for _ in range(2))
    return Network(volume, a, b, to, fro, loss)


SHIFTS = st.floats(0.0, 100.0) | st.complex_numbers(max_magnitude=1e4, allow_nan=False).filter(
    lambda z: abs(z.imag) > 0.05 * abs(z.real)
)


@given(forests(), SHIFTS, st.integers(0, 2**32), st.booleans())
def test_the_tree_solve_equals_a_dense_solve_for_every_person(network, shift, seed, own):
    size, persons = network.volume_ml.shape
    shape = (size, persons) if own else (size,)
    source = np.random.default_rng(seed).uniform(0.0, 1.0, shape)
    found = network.solve(source, shift)
    assert found.shape == (size, persons)
    assert np.iscomplexobj(found) == isinstance(shift, complex)
    for n in range(persons):
        given_mg = source[:, n] if own else source
        matrix = shift * np.eye(size) - network.rate_matrix(n)
        wanted = np.linalg.solve(matrix, given_mg / network.volume_ml[:, n])
        off = np.abs(found[:, n] - wanted).max()
        # A dense solve of a matrix with rates of 1e-6 to 1e6 rounds more than the tree's.
        assert off <= 1e-8 * np.abs(wanted).max()


@given(forests())
def test_the_tree_solve_of_a_settled_delivery_is_positive_and_loses_what_it_gets(network):
    source = np.zeros(network.size)
    source[0] = 1.0
    c = network.solve(source)
    assert (c > 0.0).all()
    assert (network.loss_ml_per_h * c).sum(axis=0) == pytest.approx(1.0, rel=1e-9)


@given(forests())
def test_the_scaling_makes_each_persons_matrix_symmetric(network):
    for n in range(network.volume_ml.shape[1]):
        t = network.scaling(n)
        scaled = network.rate_matrix(n) * t[None, :] / t[:, None]
        assert scaled == pytest.approx(scaled.T, rel=1e-9)


@pytest.mark.parametrize(
    ("size", "links"),
    [
        (3, [(0, 1), (1, 2), (2, 0)]),
        (4, [(0, 1), (1, 2), (2, 0)]),
        (2, [(0, 1), (0, 1)]),
        (3, [(0, 1)]),
        (4, [(0, 1), (2, 3)]),
        (4, [(0, 1), (0, 1), (2, 3)]),
        (3, [(0, 0), (1, 2)]),
        (2, []),
    ],
    ids=["ring", "ring-and-one", "twice", "one-apart", "two-parts", "double", "itself", "none"],
)
def test_links_that_form_no_tree_are_refused(size, links):
    a, b = np.array(links, dtype=np.intp).reshape(-1, 2).T
    flow, one = np.ones((len(links), 1)), np.ones((size, 1))
    network = Network(one, a, b, flow, flow, one)
    with pytest.raises(ValueError, match="tree"):
        network.scaling()
    for shift in (0.0, 1.0 + 1.0j):
        with pytest.raises(ValueError, match="tree"):
            network.solve(np.ones(size), shift)
