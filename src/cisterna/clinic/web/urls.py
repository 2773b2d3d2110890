"""Where each page is. A new screen is a module of `screens` with `urlpatterns`, named here."""

from django.urls import include, path

from cisterna.clinic.web.api import api

SCREENS = (
    "today",
    "people",
    "messages",
    "emergency",
    "library",
    "telephones",
    "programmer",
    "orders",
    "deeds",
    "outcome",
    "glass",
    "typeback",
    "acts",
    "audit",
    "members",
    "account",
    "start",
    "health",
    "refill",
    "trial",
    "implant",
    "mri",
    "trouble",
    "demonstration",
)

urlpatterns = [
    *(path("", include(f"cisterna.clinic.web.screens.{name}")) for name in SCREENS),
    path("api/", api.urls),
    path("account/2fa/", include("allauth.mfa.urls")),
]

handler400 = "cisterna.clinic.web.errors.bad_request"
handler403 = "cisterna.clinic.web.errors.forbidden"
handler404 = "cisterna.clinic.web.errors.not_found"
handler500 = "cisterna.clinic.web.errors.failed"
