"""The server of the remote: it hands out the page, and carries frames that it cannot make.

`GET` gives a file of the page. `POST /link/SERIAL` takes one frame of the browser, gives it to the
pump's host and answers with the frame that came back; a line before the frame is a knock, in case
the pump has to be woken. The relay holds no key of the patient, reads no frame and remembers none:
it can hold one back, and nothing else.
"""

import re
import ssl
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cisterna.patient.remote.files import HEADERS, page

Exchange = Callable[[str, bytes, bytes | None], bytes]
"""Gives a pump a frame, after a knock if there is one: its answer. Raises `NoContact`."""

MOST_BYTES = 65_536
"""The longest text that is carried."""
PATIENCE_S = 15
"""How long a browser may take to say what it wants."""
FRAME_TYPE = "application/octet-stream"
_LINK = re.compile(r"/link/([A-Za-z0-9][A-Za-z0-9._-]{0,63})")


class NoContact(Exception):
    """No answer from the pump: it is not known, not reached, or silent."""


class Relay(ThreadingHTTPServer):
    """The server. `names` are the host names by which browsers may call it."""

    daemon_threads = True

    def __init__(
        self,
        exchange: Exchange,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Iterable[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__((host, port), Handler)
        self.exchange = exchange
        self.names = {"localhost", "127.0.0.1", "[::1]", host, *names}
        self.scheme = "https" if tls else "http"
        self.tls = tls

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"{self.scheme}://{self.server_address[0]!s}:{self.server_port}/"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, so that a slow handshake holds up nobody else."""
        request.settimeout(PATIENCE_S)
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up, or speaks no HTTP, is no event."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Relay
    protocol_version = "HTTP/1.1"
    server_version = "cisterna"
    sys_version = ""
    timeout = PATIENCE_S

    def do_GET(self) -> None:
        """A file of the page."""
        path = self.path.partition("?")[0].removeprefix("/")
        found = page().get(path or "index.html")
        if not self._called_by_name():
            self._send(HTTPStatus.MISDIRECTED_REQUEST)
        elif found is None:
            self._send(HTTPStatus.NOT_FOUND)
        else:
            self._send(HTTPStatus.OK, found.body, found.type)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def do_POST(self) -> None:
        """One frame to a pump, one back."""
        link = _LINK.fullmatch(self.path)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= MOST_BYTES):
            self.close_connection = True
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        content = self.rfile.read(int(length))
        if not (self._called_by_name() and self._from_the_page()):
            self._send(HTTPStatus.FORBIDDEN)
        elif link is None:
            self._send(HTTPStatus.NOT_FOUND)
        else:
            self._carry(link[1], content)

    def _carry(self, serial: str, content: bytes) -> None:
        knock, _, frame = content.rpartition(b"\n")
        try:
            answer = self.server.exchange(serial, frame, knock or None)
        except NoContact:
            self._send(HTTPStatus.BAD_GATEWAY)
            return
        self._send(HTTPStatus.OK, answer, FRAME_TYPE)

    def _called_by_name(self) -> bool:
        """Not under a foreign name that somebody points at this address."""
        name = self.headers.get("Host", "").lower()
        return re.sub(r":\d+$", "", name) in self.server.names

    def _from_the_page(self) -> bool:
        """Not from another site: such a request names its origin, or cannot have this type."""
        origin = self.headers.get("Origin")
        ours = f"{self.server.scheme}://{self.headers.get('Host', '')}"
        return self.headers.get("Content-Type") == FRAME_TYPE and origin in (None, ours)

    def _send(self, status: HTTPStatus, body: bytes = b"", type: str = "text/plain") -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if self.server.tls:
            self.send_header("Strict-Transport-Security", "max-age=31536000")
        caching = "no-store" if status != HTTPStatus.OK or type == FRAME_TYPE else "no-cache"
        self.send_header("Cache-Control", caching)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """No log of who asked when: that is the pump's to keep."""
