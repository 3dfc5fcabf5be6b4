"""Error pages of the whole house; below `/api/` the same as problem details.

The composition root names them: `handler404 = "syncapp.ui.handlers.page_not_found"`.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from syncapp.errors import NotAllowed, NotThere, SyncAppError
from syncapp.ui.api import problem_response


class BrokenError(SyncAppError):
    """Something broke on our side. It was noted; nothing was saved."""

    code = "server_error"
    status = 500


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django passes it by name
    """Answer 400."""
    return _answer(
        request, "400.html", SyncAppError("The request is malformed.", code="malformed")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 and name the permission that is missing, if it is known."""
    return _answer(request, "403.html", NotAllowed(), permission=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django passes it by name
    """Answer 404; nothing tells whether the thing exists elsewhere."""
    return _answer(request, "404.html", NotThere())


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching database or session: they may be what broke."""
    return _answer(request, "500.html", BrokenError())


def _answer(
    request: HttpRequest, template: str, error: SyncAppError, **context: str
) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(error)
    # No request: context processors would query, and the page needs none of what they give.
    return HttpResponse(render_to_string(template, context), status=error.status)
