"""The live page in the documents: MkDocs builds it beside them where the page's Python is at hand.

The page is too large for the repository, so it is made at each build. Without its Python the
documents are built all the same, and each link to the page says that it is missing here.
"""

import logging
import re
from functools import cache
from typing import Any

from mkdocs.structure.files import File, Files

from cisterna.bedside.bundle import page
from cisterna.bedside.runtime import find_runtime
from cisterna.order.form import Unusable

PLACE = "bedside.html"
_LINK = re.compile(rf"\[([^\]]*)\]\((?:\.\./)*{re.escape(PLACE)}\)")
_MISSING = r"\1 (missing in this build: `make bedside` says what it needs)"
_log = logging.getLogger("mkdocs.hooks")


@cache
def live_page() -> str | None:
    """The page, or nothing where its Python is not."""
    try:
        return page(find_runtime())
    except Unusable as problem:
        _log.info("No live page: %s", problem)
        return None


def on_files(files: Files, *, config: Any) -> Files:
    """Put the page beside the documents."""
    content = live_page()
    if content is not None:
        files.append(File.generated(config, PLACE, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Say where the page is missing."""
    return markdown if live_page() is not None else without_page(markdown)


def without_page(markdown: str) -> str:
    """A text whose links to the page say that it is not there."""
    return _LINK.sub(_MISSING, markdown)
