"""The documents carry the live page where its Python is, and say so where it is not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def built(site: Path, runtime: Path) -> Path:
    """The documents, built as strictly as in a release."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    env = {**os.environ, "CISTERNA_PYODIDE": str(runtime), "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([*command, str(site)], cwd=ROOT, env=env, check=True, timeout=120)
    return site


def test_the_documents_carry_the_live_page(tmp_path: Path, runtime: Path):
    site = built(tmp_path / "site", runtime)

    assert "<title>Cisterna at the bedside</title>" in (site / "bedside.html").read_text("utf-8")
    assert 'href="bedside.html"' in (site / "index.html").read_text("utf-8")


def test_without_its_python_the_documents_say_that_it_is_missing(tmp_path: Path):
    site = built(tmp_path / "site", tmp_path / "nothing")
    words = re.sub(r"<[^>]*>", "", (site / "index.html").read_text("utf-8"))

    assert not (site / "bedside.html").exists()
    assert "missing in this build" in words


@pytest.mark.parametrize("name", ["index.md", "how-to/bedside.md"])
def test_the_documents_lead_to_the_live_page(name: str):
    assert re.search(r"\]\((\.\./)?bedside\.html\)", (ROOT / "docs" / name).read_text("utf-8"))
