"""What the spine is drawn from, worked out once in a process: it takes seconds, then nothing.

It is the same for everybody, so the first page of a programmer begins with it, beside the request;
who asks meanwhile waits for the same work. A value that the site confirms asks for it anew.
"""

import json
import threading
from functools import lru_cache

from cisterna.facts import Library
from cisterna.spine.live import live_data

_one = threading.Lock()
_begun = threading.Event()


@lru_cache(maxsize=2)
def _made(library: Library) -> bytes:
    return json.dumps(live_data(library), separators=(",", ":")).encode()


def text(library: Library) -> bytes:
    """The modes of every drug that the model answers for, as JSON."""
    with _one:
        return _made(library)


def warm(library: Library) -> None:
    """Begin with it, once."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=text, args=(library,), daemon=True).start()
