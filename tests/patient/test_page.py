"""The files of the remote: complete in both languages, plain to read, small, alone."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from cisterna.facts import open_library
from cisterna.patient.remote.files import POLICY, page
from cisterna.pump.alarms import kinds
from cisterna.pump.link.notes import ALARMED
from cisterna.pump.link.rules import RULES
from cisterna.pump.link.verbs import Role

SRC = Path(str(files("cisterna")))
PAGE = SRC / "patient" / "remote" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
LANGUAGES = ("en", "es")
WORDS = {code: json.loads((PAGE / f"words/{code}.json").read_text("utf-8")) for code in LANGUAGES}
STEP = {"counter", "before-restart", "not-yet", "window", "role", "arguments", "unfit"}
"""Refusals that only say that phone and pump were out of step: one text for all of them."""
UNASKED = {"no-programme", "no-session", "no-dose"}


class Texts(HTMLParser):
    """What stands in a page as text or in an attribute that is read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.keys: set[str] = set()
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note keys and spoken attributes."""
        self.silent = tag in ("title", "script", "style")
        for name, value in attrs:
            if name in ("data-t", "data-label"):
                self.keys.add(value or "")
            if name in ("aria-label", "alt", "title", "placeholder"):
                self.found.append(value or "")

    def handle_data(self, data: str) -> None:
        """Note text; the page's title is a name."""
        if data.strip() and not self.silent:
            self.found.append(data.strip())


def texts() -> Texts:
    found = Texts()
    found.feed((PAGE / "index.html").read_text("utf-8"))
    return found


def gaps(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


# words -------------------------------------------------------------------------------------------


def test_both_languages_say_the_same_things_in_the_same_order():
    assert list(WORDS["en"]) == list(WORDS["es"])
    for key, text in WORDS["en"].items():
        assert gaps(text) == gaps(WORDS["es"][key]), key


def test_only_names_and_gaps_are_alike_in_both_languages():
    alike = {key for key, text in WORDS["en"].items() if text == WORDS["es"][key]}
    assert alike == {"time.today"}


def test_the_page_holds_no_text_of_its_own():
    assert texts().found == []


def test_every_text_that_the_page_asks_for_is_there_and_every_text_is_used():
    script = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    asked = texts().keys | set(re.findall(r"\"([a-z][\w.-]*)\"", script))
    assert texts().keys <= WORDS["en"].keys()
    families = ("alarm.", "why.", "drug.", "outcome.", "minutes.", "seconds.", "time.", "pair.")
    heads = ("ready.", "refused.", "unknown.", "revoked.", "forged.", "strange.", "running.")
    loose = {k for k in WORDS["en"] if not k.startswith(families + heads)}
    assert loose - asked == set()


@pytest.mark.parametrize("code", sorted(set(kinds()) - {what.value for what in ALARMED}))
def test_every_alarm_of_the_pump_has_words_and_says_what_to_do(code: str):
    for words in WORDS.values():
        assert words[f"alarm.{code}"]
        assert "." in words[f"alarm.{code}.do"]


def test_every_alarm_of_the_link_has_words():
    for what in ALARMED:
        assert all(f"alarm.{what.value}" in words for words in WORDS.values())


def test_every_reason_for_a_refusal_has_words():
    sources = [*(SRC / "pump").glob("*.py"), *(SRC / "pump" / "link").glob("*.py")]
    asked = [p for p in sources if p.name in {"doses.py", "report.py", "judge.py"}]
    form = r"(?:refuse\(|refused\(|return |Refusal\(|\s{4})\"([a-z]+(?:-[a-z]+)*)\", [\"fw]"
    codes = {code for path in asked for code in re.findall(form, path.read_text("utf-8"))}
    assert {"lockout", "count", "limit", "expired", "mri", "stale-version"} <= codes
    codes |= {"storage"}
    known = STEP | UNASKED
    for code in codes - known:
        assert f"why.{code}" in WORDS["en"], code
    assert {f"why.{kind}-running" for kind in ("bridge", "prime", "patient", "clinician")} <= set(
        WORDS["en"]
    )


def test_every_drug_has_a_name_and_is_told_in_its_own_unit():
    library = open_library(None)
    units = json.loads((PAGE / "drugs.json").read_text("utf-8"))
    assert units == {id: library.drug(id).unit for id in library.drug_ids}
    for words in WORDS.values():
        assert {key[5:] for key in words if key.startswith("drug.")} == set(units)


def test_amounts_are_never_written_in_a_way_that_is_misread():
    for path in [*SCRIPTS, PAGE / "index.html", *(PAGE / "words").iterdir()]:
        text = path.read_text("utf-8")
        assert not re.search(r"[µμ]g|\bug\b", text), path.name


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e: a rough count that is a little too high."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def grade(text: str) -> float:
    """Reading grade by Flesch and Kincaid."""
    sentences = max(1, len(re.findall(r"[.!?:]+(?:\s|$)", text)))
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_english_reads_at_grade_six_or_below():
    spoken = [t for k, t in WORDS["en"].items() if not k.startswith(("drug.", "minutes.", "time."))]
    hard = {t: grade(t) for t in spoken if len(t.split()) >= 9 and grade(t) > 6}

    assert hard == {}


# files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_module_is_small_and_makes_no_code_or_markup_of_text(path: Path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 250
    assert not re.search(
        r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacent|\.write\(", text
    )
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_the_page_names_no_other_place():
    for name in ("index.html", "remote.css", "manifest.webmanifest"):
        assert "//" not in (PAGE / name).read_text("utf-8").replace("://www.w3.org", "")


def test_the_worker_keeps_exactly_the_files_of_the_page():
    listed = re.search(r"FILES = \[(.*?)\];", (PAGE / "sw.js").read_text("utf-8"), re.DOTALL)
    assert listed
    names = set(re.findall(r'"([^"]+)"', listed[1]))
    assert names == (set(page()) - {"index.html", "sw.js"}) | {"./"}


def test_the_worker_is_another_one_when_any_file_changes():
    body = page()["sw.js"].body
    assert b"development" not in body
    assert re.search(rb'VERSION = "[0-9a-f]{16}"', body)


def test_the_tokens_are_those_of_the_sheet():
    sheet = (SRC / "order" / "sheet" / "style" / "sheet.css").read_text("utf-8")
    tokens = sheet[sheet.index(":root {") : sheet.index("* { box-sizing")].strip()
    assert tokens in (PAGE / "remote.css").read_text("utf-8")


def test_the_policy_lets_nothing_in_and_nothing_out():
    assert POLICY.startswith("default-src 'none'")
    assert "unsafe" not in POLICY
    assert set(re.findall(r"'(\w+)'", POLICY)) == {"none", "self"}


@pytest.mark.requirement("ST-06", "A23")
def test_the_page_can_sign_only_what_a_remote_may_ask():
    script = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    signing = {path.name for path in SCRIPTS if '"command"' in path.read_text("utf-8")}
    named = {verb for verb in RULES if f'"{verb}"' in (PAGE / "link.js").read_text("utf-8")}
    assert signing == {"link.js"}
    assert named == {"ask_dose", "stop_dose", "read_state", "knock"}
    assert all(Role.REMOTE in RULES[verb].roles for verb in named)
    assert "importKey" not in script.replace('importKey("raw"', "")
