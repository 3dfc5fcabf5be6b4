"""The API's documentation page: Swagger UI, started by a script of our own (no inline script)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the viewer; the document behind it is public, the calls need a key."""
    return render(request, "ui/api_docs.html", {"schema_url": reverse("api:schema")})
