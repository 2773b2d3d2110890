"""Thirty days of two drugs along the spine, and the band of 500 persons, against their peers.

    python -m benchmarks.spine [--days 30]

The forecast: morphine and bupivacaine from a tip at T10 in the default person, 48 steps a day,
every level every ten minutes. Peers on the same network and delivery: CVODE with a banded matrix
(scikit-sundae), SciPy's LSODA with the exact banded Jacobian, libRoadRunner on our SBML export,
and what an informed NumPy user writes (full `eig` and a scan). Each restarts at every step of the
schedule. Errors are against a dense matrix exponential. The band: the mean of the last day of
both drugs in 500 persons, against one decomposition for each person.
Needs the extra `test`; linear algebra on one thread.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import numpy as np
import roadrunner  # type: ignore[import-untyped]
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from sksundae.cvode import CVODE  # type: ignore[import-untyped]

from cisterna.facts import Library
from cisterna.spine.cohort import Draw, cohort, default_draw
from cisterna.spine.drive import Piece
from cisterna.spine.forecast import mean_of, persons_mean
from cisterna.spine.model import Model
from cisterna.spine.modes import Modes
from cisterna.spine.network import Array
from cisterna.spine.reading import model_of
from cisterna.spine.sbml import sbml

DRUGS, TIP = ("morphine", "bupivacaine"), "T10"
PIECE_H, STEP_H, PER_PIECE = 0.5, 1.0 / 6.0, 3
PERSONS, DECOMPOSED = 500, 25
RTOL, ATOL = 1e-6, 1e-12

Run = Callable[[Model, list[Piece]], Array]


def schedule(days: int) -> list[Piece]:
    """48 steps a day: a night rate, a day rate, and two hours at four times the night rate."""
    night, day, high = 0.1, 0.2, 0.4
    one = [high if n in (16, 17, 36, 37) else day if 14 <= n < 44 else night for n in range(48)]
    return [(PIECE_H, rate) for rate in one * days]


def modal(built: Model, pieces: list[Piece]) -> Array:
    """Our way, decomposition included."""
    return redrawn(Modes.of(built.network))(built, pieces)


def redrawn(modes: Modes) -> Run:
    """Our way with the person's decomposition at hand, as when a schedule is dragged."""

    def run(built: Model, pieces: list[Piece]) -> Array:
        unit, zero = modes.drive(built.site(TIP)), np.zeros(built.network.size)
        return modes.sampled(built.level_rows(), unit, pieces, zero, STEP_H)[1]

    return run


def exponential(built: Model, pieces: list[Piece]) -> Array:
    """The truth: a dense matrix exponential of the step, stepped along."""
    a, push = _system(built)
    grown = expm(a * STEP_H)
    filled = np.linalg.solve(a, (grown - np.eye(len(a))) @ push)
    return _stepped(built, pieces, lambda c, rate: grown @ c + filled * rate)


def eig_and_scan(built: Model, pieces: list[Piece]) -> Array:
    """Full `eig`, then one multiplication and addition of all modes for each step."""
    a, push = _system(built)
    rates, shapes = np.linalg.eig(a)
    drive = np.linalg.solve(shapes, push)
    kept = np.exp(rates * STEP_H)
    grown = (kept - 1.0) / rates * drive
    states = np.zeros((len(pieces) * PER_PIECE + 1, len(a)), dtype=rates.dtype)
    for n in range(len(states) - 1):
        states[n + 1] = kept * states[n] + grown * pieces[n // PER_PIECE][1]
    return np.asarray((built.level_rows() @ shapes @ states.T).real)


def cvode(built: Model, pieces: list[Piece]) -> Array:
    """CVODE with a banded matrix, started again at every step of the schedule."""
    order, width, a, push = _banded(built)
    sparse = csr_array(a)
    source = push.copy()

    def slope(t: float, c: Array, out: Array) -> None:
        out[:] = sparse @ c + source

    options = {"linsolver": "band", "lband": width, "uband": width, "max_num_steps": 100_000}
    solver = CVODE(slope, rtol=RTOL, atol=ATOL, **options)
    grid = np.arange(PER_PIECE + 1) * STEP_H

    def piece(c: Array, rate: float) -> Array:
        source[:] = push * rate
        return np.asarray(solver.solve(grid, c).y)

    return _by_piece(built, pieces, piece, order)


def lsoda(built: Model, pieces: list[Piece]) -> Array:
    """LSODA with the exact Jacobian as a band, started again at every step."""
    order, width, a, push = _banded(built)
    sparse, band = csr_array(a), np.zeros((2 * width + 1, len(a)))
    for row, column in np.argwhere(a):
        band[width + row - column, column] = a[row, column]
    grid = np.arange(PER_PIECE + 1) * STEP_H

    def piece(c: Array, rate: float) -> Array:
        source = push * rate
        found = solve_ivp(
            lambda _, c: sparse @ c + source,
            (0.0, PIECE_H),
            c,
            method="LSODA",
            t_eval=grid,
            jac=lambda *_: band,
            lband=width,
            uband=width,
            rtol=RTOL,
            atol=ATOL,
        )
        return np.asarray(found.y.T)

    return _by_piece(built, pieces, piece, order)


def road_runner(built: Model, pieces: list[Piece]) -> Array:
    """libRoadRunner (CVODE in compiled code) on the SBML export."""
    text = sbml(built, built.site(TIP), 1.0)
    names = [f"drug_{n}" for n in range(built.network.size)]
    text = text.replace(
        '<parameter id="infusion" value="1.0" units="mg_per_h" constant="true"',
        '<parameter id="infusion" value="1.0" units="mg_per_h" constant="false"',
    )
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = RTOL
    runner.integrator.absolute_tolerance = ATOL
    runner.integrator.stiff = True
    runner.timeCourseSelections = names
    out = [np.zeros((1, built.network.size))]
    for n, (hours, rate) in enumerate(pieces):
        runner["infusion"] = rate
        found = runner.simulate(n * hours, (n + 1) * hours, PER_PIECE + 1)
        out.append(np.array(found)[1:])
    return np.asarray(built.level_rows() @ (np.vstack(out) / built.network.volume_ml[:, 0]).T)


def _system(built: Model) -> tuple[Array, Array]:
    return built.network.rate_matrix(), built.site(TIP) / built.network.volume_ml[:, 0]


def _banded(built: Model) -> tuple[Array, int, Array, Array]:
    """An order with the links near the diagonal, its half-width, and the system in it."""
    a, push = _system(built)
    order = reverse_cuthill_mckee(csr_array(a != 0.0), symmetric_mode=True)
    a = a[np.ix_(order, order)]
    rows, columns = np.nonzero(a)
    return order, int(np.abs(rows - columns).max()), a, push[order]


def _stepped(built: Model, pieces: list[Piece], step: Callable[[Array, float], Array]) -> Array:
    c = np.zeros(built.network.size)
    out = [c]
    for _, rate in pieces:
        for _ in range(PER_PIECE):
            c = step(c, rate)
            out.append(c)
    return np.asarray(built.level_rows() @ np.array(out).T)


def _by_piece(
    built: Model, pieces: list[Piece], piece: Callable[[Array, float], Array], order: Array
) -> Array:
    c = np.zeros(built.network.size)
    out = [c[None]]
    for _, rate in pieces:
        found = piece(c, rate)
        c = found[-1]
        out.append(found[1:])
    return np.asarray(built.level_rows()[:, order] @ np.vstack(out).T)


def forecasts(days: int) -> None:
    """One forecast of both drugs by everyone."""
    draw, pieces = default_draw(Library()), schedule(days)
    built = [model_of(draw, drug) for drug in DRUGS]
    print(
        f"Forecast: {days} days, every 10 min, {len(pieces)} steps of the schedule, two drugs, "
        f"{built[0].network.size} nodes each"
    )
    truth = [exponential(b, pieces) for b in built]
    kept = {id(b): redrawn(Modes.of(b.network)) for b in built}
    ways: dict[str, tuple[Run, int]] = {
        "this project, redrawn": (lambda b, p: kept[id(b)](b, p), 11),
        "this project, with decomposition": (modal, 5),
        "NumPy eig and a scan": (eig_and_scan, 3),
        "CVODE, banded (scikit-sundae)": (cvode, 1),
        "LSODA, banded (SciPy)": (lsoda, 1),
        "libRoadRunner on the SBML": (road_runner, 1),
    }
    first = None
    for name, (way, rounds) in ways.items():
        seconds, answers = _timed(partial(_all, way, built, pieces), rounds)
        first = first or seconds
        error = max(
            float(np.abs(a - t).max() / t.max()) for a, t in zip(answers, truth, strict=True)
        )
        _line(name, seconds, seconds / first, f"error {error:.1e}")


def _all(way: Run, built: list[Model], pieces: list[Piece]) -> list[Array]:
    return [way(b, pieces) for b in built]


def bands(days: int) -> None:
    """The mean of the last day of both drugs in many persons."""
    library, pieces = Library(), schedule(days)

    def together() -> list[Array]:
        persons, mean = cohort(library, 1, PERSONS), mean_of(pieces)
        return [persons_mean(persons, drug, TIP, mean).csf for drug in DRUGS]

    def each(persons: Draw, count: int) -> list[Array]:
        return [
            np.stack([_one(persons.one(n), drug, pieces) for n in range(count)], axis=1)
            for drug in DRUGS
        ]

    print(f"Band: mean of the last of {days} days, two drugs, {PERSONS} persons")
    seconds, answers = _timed(together, 5)
    _line("this project", seconds, 1.0, "")
    persons = cohort(library, 1, PERSONS)
    slow, few = _timed(lambda: each(persons, DECOMPOSED), 1)
    slow *= PERSONS / DECOMPOSED
    error = max(
        float(np.abs(a[:, :DECOMPOSED] / f - 1.0).max()) for a, f in zip(answers, few, strict=True)
    )
    note = f"largest gap {error:.1e} (timed on {DECOMPOSED} persons)"
    _line("one decomposition for each person", slow, slow / seconds, note)


def _one(person: Draw, drug: str, pieces: list[Piece]) -> Array:
    built = model_of(person, drug)
    modes = Modes.of(built.network)
    unit, zero = modes.drive(built.site(TIP)), np.zeros(built.network.size)
    day = round(24.0 / PIECE_H)
    before = modes.run(unit, pieces[:-day], zero)[-1]
    mean = modes.concentrations(modes.mean(unit, pieces[-day:], before))
    return np.asarray(built.level_rows() @ mean)


def _timed(run: Callable[[], list[Array]], rounds: int) -> tuple[float, list[Array]]:
    times, answers = [], run() if rounds > 1 else []
    for _ in range(rounds):
        begin = time.perf_counter()
        answers = run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), answers


def _line(name: str, seconds: float, ratio: float, note: str) -> None:
    print(f"  {name:36} {seconds * 1000:11.1f} ms {ratio:9.1f}×  {note}", flush=True)


def main() -> None:
    """Measure all of them on the same work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    days = parser.parse_args().days
    forecasts(days)
    bands(days)


if __name__ == "__main__":
    main()
