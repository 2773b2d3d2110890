"""The files of the page as they are served: a closed list, in memory, under a strict policy."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
WORKER = "sw.js"
_UNNAMED = b'"development"'


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page as it goes out."""

    body: bytes
    type: str


@cache
def page() -> dict[str, File]:
    """Every file by its path; the service worker carries the digest of all of them."""
    bodies = dict(sorted(_found(files(__package__) / "page", "")))
    digest = hashlib.sha256()
    for path, body in bodies.items():
        digest.update(f"{path} {len(body)}\n".encode() + body)
    named = f'"{digest.hexdigest()[:16]}"'.encode()
    bodies[WORKER] = bodies[WORKER].replace(_UNNAMED, named)
    return {path: File(body, TYPES[path.rpartition(".")[2]]) for path, body in bodies.items()}


def _found(folder: Traversable, under: str) -> list[tuple[str, bytes]]:
    made = []
    for entry in folder.iterdir():
        if entry.is_dir():
            made += _found(entry, f"{under}{entry.name}/")
        else:
            made.append((under + entry.name, entry.read_bytes()))
    return made
