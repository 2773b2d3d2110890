"""A day of the spine in ten-minute steps, against what one would otherwise write.

    python -m benchmarks.spine

The peers on the same model and delivery: a cached dense exponential stepped along (what an
informed NumPy user would write), and SciPy's LSODA with the exact Jacobian. All three answers are
compared; medians of several rounds and their ratios are printed.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cisterna.facts import Library
from cisterna.facts.spine import levels
from cisterna.spine.canal import canal
from cisterna.spine.cohort import default_draw
from cisterna.spine.model import model
from cisterna.spine.modes import Modes
from cisterna.spine.network import Array

HOURS, STEP = 24.0, 1.0 / 6.0
ROUNDS = 5


def main() -> None:
    """Measure the three on the same work."""
    draw = default_draw(Library())
    body = canal(levels(), draw.person)
    built = model(body, draw.person, draw.kinetics["morphine"])
    network, size = built.network, built.network.size
    site = body.site("T10", size)
    steps = round(HOURS / STEP)

    def modal() -> Array:
        modes = Modes.of(network)
        unit, y = modes.drive(site), np.zeros(size)
        states = modes.run(unit, [(STEP, 0.2)] * steps, y)
        return np.asarray(modes.shapes @ np.array(states).T)

    def dense() -> Array:
        a = network.rate_matrix()
        grown = expm(a * STEP)
        push = np.linalg.solve(a, (grown - np.eye(size)) @ (site * 0.2 / network.volume_ml))
        c, out = np.zeros(size), [np.zeros(size)]
        for _ in range(steps):
            c = grown @ c + push
            out.append(c)
        return np.array(out).T

    def lsoda() -> Array:
        a, s = network.rate_matrix(), site * 0.2 / network.volume_ml
        grid = np.linspace(0.0, HOURS, steps + 1)
        found = solve_ivp(
            lambda t, c: a @ c + s,
            (0.0, HOURS),
            np.zeros(size),
            method="LSODA",
            jac=lambda t, c: a,
            t_eval=grid,
            rtol=1e-8,
            atol=1e-14,
        )
        return np.asarray(found.y)

    runs: dict[str, Callable[[], Array]] = {
        "modes (this project)": modal,
        "cached dense exponential": dense,
        "LSODA with the exact Jacobian": lsoda,
    }
    answers, medians = {}, {}
    for name, run in runs.items():
        times = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            answers[name] = run()
            times.append(time.perf_counter() - begin)
        medians[name] = statistics.median(times)
    first = next(iter(medians))
    print(f"{size} nodes, {steps} steps of {STEP * 60:.0f} min")
    for name, seconds in medians.items():
        gap = float(np.abs(answers[name] - answers[first]).max() / answers[first].max())
        ratio = seconds / medians[first]
        print(f"{name:32} {seconds * 1000:8.1f} ms {ratio:7.1f}×  largest gap {gap:.1e}")


if __name__ == "__main__":
    main()
