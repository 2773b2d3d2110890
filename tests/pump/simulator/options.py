"""All that a seed stands for, drawn before anything happens, so that a run can print it."""

import random
from dataclasses import asdict, dataclass

from cisterna.quantity import DAY_MS, HOUR_MS

MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Options:
    """One pump's life: its device, how often people come, and how often what goes wrong.

    Times are the mean ms between two of a kind; `drop` to `bent` are per 1,000 frames;
    `skew_ms` is how far a peer's idea of the pump's clock may be out.
    """

    seed: int
    days: int
    stroke_nl: int
    visits_ms: int
    presses_ms: int
    readers_ms: int
    attacks_ms: int
    burst: int
    losses_ms: int
    storage_ms: int
    device_ms: int
    heals_ms: int
    drop: int
    twice: int
    late: int
    bent: int
    skew_ms: int

    @classmethod
    def of(cls, seed: int, days: int) -> "Options":
        """The options of a seed; the same in every process."""
        chosen = random.Random(seed)  # noqa: S311 - a seed repeats it
        worse = chosen.choice((1, 1, 2, 4))
        one_in = chosen.randint

        def every(low: int, high: int) -> int:
            return one_in(low, high) // worse

        return cls(
            seed=seed,
            days=days,
            stroke_nl=chosen.choice((2_000, 2_500, 5_000)),
            visits_ms=one_in(6 * DAY_MS, 24 * DAY_MS),
            presses_ms=one_in(24 * HOUR_MS, 120 * HOUR_MS),
            readers_ms=one_in(20 * DAY_MS, 90 * DAY_MS),
            attacks_ms=one_in(2 * DAY_MS, 3 * DAY_MS),
            burst=one_in(26, 36),
            losses_ms=every(2 * DAY_MS, 8 * DAY_MS),
            storage_ms=every(3 * DAY_MS, 10 * DAY_MS),
            device_ms=every(6 * DAY_MS, 20 * DAY_MS),
            heals_ms=one_in(60 * DAY_MS, 120 * DAY_MS),
            drop=one_in(0, 150),
            twice=one_in(0, 150),
            late=one_in(0, 150),
            bent=one_in(0, 100),
            skew_ms=one_in(0, 20_000),
        )

    def words(self) -> str:
        """Every option by name."""
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items())
