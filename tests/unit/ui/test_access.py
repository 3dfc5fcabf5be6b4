from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from syncapp.ui.access import may, permission
from tests.unit.ui.asking import request


@permission("runs.view")
def view(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(f"run {pk}")


def test_whoever_may_gets_the_page() -> None:
    response = view(request("/", "runs.view"), pk=3)

    assert isinstance(response, HttpResponse)
    assert response.content == b"run 3"


def test_whoever_may_not_is_refused_by_name() -> None:
    with pytest.raises(PermissionDenied, match=r"runs\.view"):
        view(request("/", "runs.cancel"), pk=3)


def test_a_stranger_may_nothing() -> None:
    assert not may(RequestFactory().get("/"), "runs.view")


def test_the_view_tells_what_it_demands() -> None:
    assert view.required_permission == "runs.view"  # type: ignore[attr-defined]
    assert view.__name__ == "view"
