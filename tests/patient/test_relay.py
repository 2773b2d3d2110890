"""The relay: it hands out the page, carries frames unread, and answers nobody else."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from cisterna.patient.remote.files import HEADERS, page
from cisterna.patient.remote.relay import FRAME_TYPE, MOST_BYTES, NoContact, Relay
from cisterna.pump.link.answer import SignedGreeting, from_pump
from cisterna.pump.link.frame import Hello, body, outbound
from tests.patient.hosted import Hosted, hosted, served
from tests.pump.link.people import PUMP, PUMP_PUBLIC

HELLO = body(Hello("ab" * 16))
FRAME = {"Content-Type": FRAME_TYPE}


@pytest.fixture(scope="module")
def pump() -> Hosted:
    """A pump."""
    return hosted()


@pytest.fixture(scope="module")
def relay(pump: Hosted) -> Iterator[Relay]:
    """The relay before it."""
    with served(pump.exchange) as running:
        yield running


def ask(
    relay: Relay, method: str, path: str, content: bytes = b"", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", relay.server_port, timeout=5)
    try:
        connection.request(method, path, content or None, named)
        found = connection.getresponse()
        return found, found.read()
    finally:
        connection.close()


def test_every_file_comes_with_its_type_and_the_strict_headers(relay: Relay):
    for path, file in page().items():
        found, content = ask(relay, "GET", f"/{path}")
        assert (found.status, content) == (200, file.body)
        assert found.headers["Content-Type"] == file.type
        assert HEADERS.items() <= dict(found.headers).items()


def test_the_root_is_the_page(relay: Relay):
    assert ask(relay, "GET", "/")[1] == page()["index.html"].body
    assert ask(relay, "GET", "/?x=1")[1] == page()["index.html"].body
    found, content = ask(relay, "HEAD", "/")
    assert found.status == 200
    assert content == b""


@pytest.mark.parametrize(
    "path", ["/../relay.py", "/%2e%2e/relay.py", "//etc/passwd", "/words", "/x", "/words/../sw.js"]
)
def test_there_is_nothing_else(relay: Relay, path: str):
    assert ask(relay, "GET", path)[0].status == 404


def test_a_frame_goes_to_the_pump_and_its_answer_comes_back(relay: Relay):
    found, content = ask(relay, "POST", f"/link/{PUMP}", HELLO, **FRAME)
    greeting = outbound(content)
    assert found.status == 200
    assert found.headers["Cache-Control"] == "no-store"
    assert isinstance(greeting, SignedGreeting)
    assert from_pump(greeting, PUMP_PUBLIC)


def test_a_pump_that_is_not_there_is_no_contact(relay: Relay):
    found, content = ask(relay, "POST", "/link/CIS-9999", HELLO, **FRAME)
    assert (found.status, content) == (502, b"")


@pytest.mark.parametrize("path", ["/link/", "/link/a/b", "/link/%0a", "/link/..", "/"])
def test_a_frame_to_nowhere_is_refused(relay: Relay, path: str):
    assert ask(relay, "POST", path, HELLO, **FRAME)[0].status == 404


def test_another_site_cannot_send_a_frame(relay: Relay, pump: Hosted):
    sent = len(pump.frames)
    here = f"/link/{PUMP}"
    foreign = {"Content-Type": FRAME_TYPE, "Origin": "https://elsewhere.example"}
    assert ask(relay, "POST", here, HELLO, **foreign)[0].status == 403
    assert ask(relay, "POST", here, HELLO, Content_Type="text/plain")[0].status == 403
    assert ask(relay, "POST", here, HELLO, Host="elsewhere.example", **FRAME)[0].status == 403
    assert ask(relay, "GET", "/", Host="elsewhere.example")[0].status == 421
    assert len(pump.frames) == sent


def test_no_other_method_is_answered(relay: Relay):
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert ask(relay, method, f"/link/{PUMP}", HELLO, **FRAME)[0].status == 501


def raw(relay: Relay, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", relay.server_port), timeout=5) as peer:
        peer.sendall(request)
        return peer.recv(200)


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1), "-1", "", "x", "9" * 30, "٣"])
def test_a_frame_that_is_too_long_is_not_even_read(relay: Relay, length: str):
    request = f"POST /link/{PUMP} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    assert b" 413 " in raw(relay, request.encode())


def test_bytes_that_are_no_request_harm_nobody(relay: Relay):
    raw(relay, b"\x16\x03\x01\x00\xff\r\n\r\n")
    raw(relay, b"GET / HTTP/9.9\r\n\r\n")
    assert ask(relay, "GET", "/")[0].status == 200


@pytest.mark.requirement("ST-05")
def test_what_no_frame_can_be_reaches_the_pump_as_it_is_and_opens_nothing(
    relay: Relay, pump: Hosted
):
    before = pump.doses()
    for noise in (b"", b"{}", b"\xff" * 100, b"x" * MOST_BYTES):
        found, content = ask(relay, "POST", f"/link/{PUMP}", noise, **FRAME)
        assert found.status == 200
        assert b"rejected" in content
    assert pump.doses() == before


def test_a_way_that_breaks_is_no_contact():
    def broken(serial: str, frame: bytes, knock: bytes | None) -> bytes:
        raise NoContact

    with served(broken) as running:
        assert ask(running, "POST", f"/link/{PUMP}", HELLO, **FRAME)[0].status == 502
