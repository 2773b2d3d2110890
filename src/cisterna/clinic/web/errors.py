"""Pages that say no: what was refused, why, and what to do instead."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cisterna.clinic.web import audit


class Denied(PermissionDenied):
    """Signed in, and not allowed; the words are for the person who asked."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what came is not what the page asks for."""
    return _page(request, 400, "This request cannot be read", "Go back and load the page again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: written down, and said."""
    words = str(exception) if isinstance(exception, Denied) else "This is not allowed."
    audit.note(request, "denied", words=words)
    return _page(request, 403, "Not allowed", words)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form did not come from our own page."""
    audit.note(request, "denied", words=f"csrf: {reason}")
    words = "This form is too old, or comes from elsewhere. Load the page again."
    return _page(request, 403, "Nothing was done", words)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing here, or nothing that she may see."""
    words = "There is nothing here, or nothing that you may see. Find her under People."
    return _page(request, 404, "Not found", words)


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault; nothing was recorded unless the record shows it."""
    words = (
        "This is a fault of the program. The record shows what was done and what was not. "
        "Look there before you try again, and tell it to whoever runs this program for you."
    )
    return _page(request, 500, "Something went wrong", words)


def _page(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    about = {"title": title, "words": words, "status": status}
    return render(request, "web/error.html", about, status=status)
