"""What Python unpacks in the page: the rooms unchanged, their data, and the time zones.

A browser's Python has no time zones of its own, so those of the package `tzdata` go with it.
"""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cisterna.order.form import Problem, Unusable

PACKAGE = Path(__file__).parents[1]
_ROOMS = ("quantity", "facts", "order")
_OWN = (
    *("bedside/__init__.py", "bedside/answer.py", "bedside/fields.py"),
    *("bedside/parts.py", "bedside/story.py"),
    *("spine/__init__.py", "spine/course.py", "spine/drive.py", "spine/refusal.py"),
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """What Python unpacks in the page: the rooms unchanged, their data, and the time zones."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=9) as into:
        for name, content in sorted(_members()):
            into.writestr(ZipInfo(name, _LONG_AGO), content, ZIP_DEFLATED)
    return packed.getvalue()


def _members() -> Iterator[tuple[str, bytes]]:
    for path in [*(PACKAGE / name for name in ("__init__.py", *_OWN)), *_sources()]:
        yield f"cisterna/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()
    for path in _zones():
        yield f"tzdata/{path.relative_to(_tzdata()).as_posix()}", path.read_bytes()
    said = f"Metadata-Version: 2.1\nName: cisterna\nVersion: {own_version()}\n"
    yield "cisterna.dist-info/METADATA", said.encode()


def _sources() -> Iterator[Path]:
    for room in _ROOMS:
        for path in (PACKAGE / room).rglob("*"):
            if path.suffix in (".py", ".toml", ".csv", ".css") and path.name != "regimens.toml":
                yield path


def _tzdata() -> Path:
    """Where the time zones are: a browser's Python has none of its own."""
    found = find_spec("tzdata")
    if found is None or found.origin is None:
        expected = "it, as Cisterna's own requirements ask"
        raise Unusable("bedside", [Problem("tzdata", "no such package", expected)])
    return Path(found.origin).parent


def _zones() -> Iterator[Path]:
    folder = _tzdata()
    for path in (folder / "__init__.py", *(folder / "zoneinfo").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path


def own_version() -> str:
    """The version of Cisterna that made the page."""
    try:
        return version("cisterna")
    except PackageNotFoundError:
        return "0"
