"""Whether the clinic can be used, for whoever watches the machine: one word, nothing of anybody."""

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from cisterna.clinic.web.desk import record
from cisterna.clinic.web.house import guarded
from cisterna.order.line import Refused


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 where the record can be read and the database guards it, else 503."""
    try:
        record().head()
        guarded()
    except (Refused, Error):
        return HttpResponse("not well\n", status=503, content_type="text/plain")
    return HttpResponse("well\n", content_type="text/plain")


urlpatterns = [path("health/", health, name="health")]
