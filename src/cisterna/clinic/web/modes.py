"""What the spine is drawn from, worked out once in a process: it takes seconds, then nothing.

It is the same for everybody, so the first page of a programmer begins with it, beside the request;
who asks meanwhile waits for the same work.
"""

import json
import threading
from functools import cache

from cisterna.clinic.acts.act import house
from cisterna.spine.live import live_data

_one = threading.Lock()
_begun = threading.Event()


@cache
def _made() -> bytes:
    return json.dumps(live_data(house().library), separators=(",", ":")).encode()


def text() -> bytes:
    """The modes of every drug that the model answers for, as JSON."""
    with _one:
        return _made()


def warm() -> None:
    """Begin with it, once."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=text, daemon=True).start()
