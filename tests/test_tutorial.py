"""The Python tutorial runs as it stands: each block in order, and it prints what stands below it.

python -m tests.test_tutorial writes what it really prints into the page.
"""

import io
import os
import re
from contextlib import chdir, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def printed(text: str) -> list[tuple[str, str]]:
    """What each block shows and what it prints, run in a folder with the examples beside it."""
    names: dict[str, object] = {}
    pairs = []
    with TemporaryDirectory() as folder, chdir(folder):
        Path("examples").symlink_to(ROOT / "examples")
        for block in BLOCK.finditer(text):
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(block[1], str(PAGE), "exec"), names)  # noqa: S102 - our own page
            pairs.append((block[2], out.getvalue()))
    return pairs


def test_every_python_block_prints_what_stands_below_it(monkeypatch):
    monkeypatch.delenv("CISTERNA_SITE", raising=False)
    text = PAGE.read_text("utf-8")
    pairs = printed(text)
    assert len(pairs) == text.count("```python") >= 8
    for shown, real in pairs:
        assert real == shown


if __name__ == "__main__":
    os.environ.pop("CISTERNA_SITE", None)
    page = PAGE.read_text("utf-8")
    real = iter([out for _, out in printed(page)])
    filled = BLOCK.sub(lambda m: f"```python\n{m[1]}```\n\n```text\n{next(real)}```", page)
    PAGE.write_text(filled, "utf-8")
