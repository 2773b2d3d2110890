"""Cold start of `cisterna check` against a bare interpreter and against what one would import.

    python -m benchmarks.cold_start

Each command is started afresh, in turn, so that all meet the same machine; the median and its
ratio to the bare interpreter are printed.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ORDER = Path(__file__).parents[1] / "examples" / "simple-morphine.toml"
ROUNDS = 15
READ = f"import tomllib; tomllib.load(open({str(ORDER)!r}, 'rb'))"
COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "interpreter that parses the file": ["-c", READ],
    "interpreter that loads a Pint registry": ["-c", "import pint; pint.UnitRegistry()('1 mg')"],
    "cisterna check --json": ["-m", "cisterna", "check", str(ORDER), "--json"],
    "cisterna check": ["-m", "cisterna", "check", str(ORDER)],
}


def once(arguments: list[str]) -> float | None:
    """Seconds of one run; None when it cannot run here."""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    return time.perf_counter() - begin if done.returncode == 0 else None


def main() -> None:
    """Measure in turn and print medians and ratios."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            seconds = once(arguments)
            if seconds is not None:
                times[name].append(seconds)
    bare = statistics.median(times["bare interpreter"])
    print(f"{'':40} {'median':>8} {'ratio':>7}")
    for name, found in times.items():
        if found:
            median = statistics.median(found)
            print(f"{name:40} {median * 1000:6.0f} ms {median / bare:6.1f}×")
        else:
            print(f"{name:40} not installed")


if __name__ == "__main__":
    main()
