"""Where each page is: the patient's first, then the clinic's.

A new screen is a module of `screens` with `urlpatterns`, named here.
"""

from django.urls import include, path
from django.views.i18n import set_language

from cisterna.clinic.web import urls as clinic

SCREENS = (
    *(
        "home",
        "plan",
        "diary",
        "burden",
        "check_in",
        "messages",
        "access",
        "calendar",
        "about",
        "remote",
    ),
    *("card", "self_check", "consult", "options", "aid"),
)

urlpatterns = [
    *(path("", include(f"cisterna.patient.web.screens.{name}")) for name in SCREENS),
    path("language/", set_language, name="set_language"),
    *clinic.urlpatterns,
]

handler400, handler403 = clinic.handler400, clinic.handler403
handler404, handler500 = clinic.handler404, clinic.handler500
