"""The clinic's pages in a browser, served inside the test: its clock is the test's own.

What stands between browser and pages does what a proxy with a certificate does for a clinic.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

HOST = "clinic.example"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def served() -> Iterator[str]:
    """The address at which the clinic of this process answers."""
    pages = get_wsgi_application()
    with make_server("127.0.0.1", 0, _behind(pages), _Threads, _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def _behind(pages: Callable[..., Any]) -> Callable[..., Any]:
    def asked(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        own = f"http://{environ['HTTP_HOST']}"
        for name in ("HTTP_ORIGIN", "HTTP_REFERER"):
            if name in environ:
                environ[name] = environ[name].replace(own, f"https://{HOST}")
        environ |= {"HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
        return pages(environ, start)

    return asked


def signed_in_browser(browser: Browser, address: str, who: Client, **look: Any) -> BrowserContext:
    """A context of the browser in which somebody has signed in."""
    context = browser.new_context(**look)
    name = settings.SESSION_COOKIE_NAME
    cookie: Any = {
        "name": name, "value": who.cookies[name].value, "url": address.replace("http:", "https:"),
        "secure": True, "httpOnly": True, "sameSite": "Strict",
    }  # fmt: skip
    context.add_cookies([cookie])
    return context
