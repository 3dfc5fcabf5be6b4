"""The only way to an uploaded file: a view that has checked who is asking."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from syncapp.tenants.models import User
from syncapp.tenants.services.avatars import CONTENT_TYPE


def picture(user: User) -> HttpResponse:
    """Serve a user's picture; its address changes with it, so that browsers may keep it."""
    if not user.avatar:
        raise Http404
    try:
        with user.avatar.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=604800, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = 'inline; filename="avatar.webp"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
