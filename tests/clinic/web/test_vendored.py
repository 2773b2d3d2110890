"""What was vendored is what its manifest says, and no page runs or loads anything else."""

import hashlib
import re
import tomllib
from pathlib import Path

import cisterna.clinic.web

WEB = Path(cisterna.clinic.web.__file__).parent
VENDOR = WEB / "static" / "web" / "vendor"


def test_every_vendored_file_has_its_row_and_its_hash():
    """ASVS 15.1.2."""
    rows = tomllib.loads((VENDOR / "manifest.toml").read_text("utf-8"))["file"]
    files = {p.name for p in VENDOR.iterdir()} - {"manifest.toml"}
    assert {row["file"] for row in rows} == files
    for row in rows:
        assert hashlib.sha256((VENDOR / row["file"]).read_bytes()).hexdigest() == row["sha256"]
        assert row["version"] in row["file"]
        assert row["licence"] in {"0BSD", "MIT"}


def test_no_template_has_a_script_or_a_style_of_its_own_or_asks_another_site():
    for file in (WEB / "templates").rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), file
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://", text), file


def test_the_tokens_are_those_of_the_sheet():
    sheet = (WEB.parents[1] / "order" / "sheet" / "style" / "sheet.css").read_text("utf-8")
    ours = (WEB / "static" / "web" / "tokens.css").read_text("utf-8")
    token = re.compile(r"--[a-z-]+: [^;]+;")
    assert (
        token.findall(ours)
        == token.findall(sheet.partition("@page")[0])[: len(token.findall(ours))]
    )
