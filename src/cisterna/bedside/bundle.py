"""The page as one file: runtime, sources, style and script, each held to its hash.

A page opened by double click can fetch nothing, so everything it needs stands in it: the runtime
compressed, the rooms `quantity`, `facts` and `order` as the archive that Python unpacks. Its policy
lets run the one script and the two styles whose hashes it names, and no address be asked.
"""

import gzip
import json
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cisterna.bedside.answer import answer
from cisterna.bedside.archive import archive, own_version
from cisterna.bedside.fields import filled, spec
from cisterna.bedside.runtime import find_runtime, pinned
from cisterna.facts import Library
from cisterna.order.form import Problem, Unusable
from cisterna.spine.live import live_data, live_section

HERE = Path(__file__).parent
PAGE = HERE / "page"
PACKAGE = HERE.parent

_MARK = b"<title>Cisterna at the bedside</title>"
_SCRIPTS = (
    *("toml.js", "controls.js", "form.js", "pane.js", "client.js"),
    *("modes.js", "figures.js", "picture.js", "spine.js", "main.js"),
)
_WORKER = ("pyodide.asm.js", "pyodide.js")
_MODULE_LINE = re.compile(r'^import [^;]* from "\./[a-z]+\.js";\n', re.MULTILINE)


def write_page(out: Path, runtime: Path | None) -> Path:
    """Build the page and put it in its place in one step; raises `Unusable`, then writes nothing.

    An earlier page is replaced; any other file that stands there is not.
    """
    content = page(find_runtime(runtime))
    try:
        if out.exists() and not _is_page(out):
            expected = "a new file, or an earlier page to replace"
            raise Unusable("bedside", [Problem("--out", f"another file at {out}", expected)])
        out.parent.mkdir(parents=True, exist_ok=True)
        _put(content.encode(), out)
    except OSError as problem:
        raise Unusable(
            "bedside", [Problem("--out", str(problem), "a place that can be written")]
        ) from None
    return out


def _put(content: bytes, out: Path) -> None:
    """Write beside the place, then into it: never half a page, and nothing left behind."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _is_page(path: Path) -> bool:
    with path.open("rb") as file:
        return _MARK in file.read(8192)


# The page ----------------------------------------------------------------------------------------


def page(runtime: Mapping[str, bytes]) -> str:
    """The whole file."""
    styles = [(PACKAGE / "order/sheet/style/sheet.css").read_text("utf-8"), _page("bedside.css")]
    script = "\n".join(_module(name) for name in _SCRIPTS)
    worker = b"\n;\n".join([*(runtime[name] for name in _WORKER), _page("worker.js").encode()])
    parts = {
        "worker": gzip.compress(worker, 9, mtime=0),
        "wasm": gzip.compress(runtime["pyodide.asm.wasm"], 9, mtime=0),
        "stdlib": runtime["python_stdlib.zip"],
        "site": archive(),
    }
    example = _example()
    data = {
        "lock": _lock(runtime),
        "form": spec(_library()),
        "start": _start(),
        "spine": live_data(_library()),
        "course": example["spine"],
    }
    return _fill(
        _page("bedside.html"),
        {
            "POLICY": _policy(styles, script),
            "STYLES": "\n".join(f"<style>{style}</style>" for style in styles),
            "DATA": _data(data),
            "PARTS": "\n".join(
                f'<script type="text/plain" id="part-{k}">{b64encode(v).decode()}</script>'
                for k, v in parts.items()
            ),
            "SCRIPT": f'<script type="module">{script}</script>',
            "VERSION": own_version(),
            "RUNTIME": _runtime_words(),
            "SPINE": live_section(),
            **{place.upper(): html for place, html in example["html"].items()},
        },
    )


def _page(name: str) -> str:
    return (PAGE / name).read_text("utf-8")


def _module(name: str) -> str:
    """A module as a piece of the one script: what it imports stands above it already."""
    text = _MODULE_LINE.sub("", _page(name))
    return re.sub(r"^export ", "", text, flags=re.MULTILINE)


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"<!--([A-Z]+)-->", lambda found: values[found[1]], text)


def _data(value: object) -> str:
    """JSON in a page: no `<` can end its element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="data">{text}</script>'


def _lock(runtime: Mapping[str, bytes]) -> dict[str, Any]:
    """The runtime's list of packages, without its packages: the page needs none of them."""
    return {"info": json.loads(runtime["pyodide-lock.json"])["info"], "packages": {}}


@cache
def _library() -> Library:
    return Library()


def _start() -> dict[str, Any]:
    """The accident on which the page begins."""
    return {side: filled(_page(f"{side}.toml")) for side in ("old", "new")}


def _example() -> dict[str, Any]:
    """The answer for the accident, so that it can be read before Python runs in the page."""
    return answer(_page("old.toml"), _page("new.toml"), bridged=False)


def _runtime_words() -> str:
    row = pinned()
    return f"Python {row['python']} (Pyodide {row['version']})"


def _policy(styles: list[str], script: str) -> str:
    allowed = " ".join(_hash(style) for style in styles)
    rules = {
        "default-src": "'none'",
        "script-src": f"{_hash(script)} 'wasm-unsafe-eval'",
        "worker-src": "blob:",
        "style-src": allowed,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
