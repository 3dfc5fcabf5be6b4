from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions

from syncapp.errors import Changed, Invalid, Refused, SyncAppError
from syncapp.ui import api
from tests.every import every


def answer(error: Exception) -> dict[str, object]:
    response = api.problem(error, {})
    assert response is not None
    assert response.content_type == "application/problem+json"
    assert response.data["status"] == response.status_code
    assert {"type", "title", "detail", "code"} <= response.data.keys()
    return dict(response.data)


@every(
    ("error", "status", "code"),
    [
        (SyncAppError("No."), 400, "refused"),
        (Refused("Busy.", code="run_open"), 409, "run_open"),
        (Changed(), 412, "changed"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_allowed"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.AuthenticationFailed(), 401, "not_authenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.UnsupportedMediaType("text/csv"), 415, "unsupported_media_type"),
    ],
)
def test_every_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    found = answer(error)

    assert (found["status"], found["code"]) == (status, code)


def test_fields_of_our_errors_come_along() -> None:
    assert answer(Invalid(fields={"limit": "Too big."}))["fields"] == {"limit": "Too big."}


def test_nested_errors_are_flat() -> None:
    error = exceptions.ValidationError(
        {
            "name": ["Needed."],
            "lines": [{}, {"sku": ["Too long.", "Odd."]}],
            "address": {"city": ["Needed."]},
        }
    )

    found = answer(error)

    assert found["fields"] == {
        "name": "Needed.",
        "lines.1.sku": "Too long. Odd.",
        "address.city": "Needed.",
    }
    assert found["detail"] == "The input is not valid."


def test_an_error_of_the_whole_body_is_the_detail() -> None:
    found = answer(exceptions.ValidationError("A list is needed."))

    assert found["detail"] == "A list is needed."
    assert "fields" not in found


def test_waiting_is_told_in_whole_seconds() -> None:
    response = api.problem(exceptions.Throttled(wait=2.2), {})

    assert response is not None
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")


def test_what_is_not_ours_is_left_to_django() -> None:
    assert api.problem(RuntimeError("broken"), {}) is None
