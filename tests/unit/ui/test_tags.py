from __future__ import annotations

from typing import Any

import pytest
from django.template import engines

from tests.every import every
from tests.unit.ui.asking import request

pytestmark = pytest.mark.urls("tests.gallery.urls")


def render(
    text: str, path: str = "/", query: dict[str, str] | None = None, **context: Any
) -> str:
    template = engines["django"].from_string("{% load ui %}" + text)
    return template.render(context, request(path, **(query or {})))


@every(
    ("tag", "text"),
    [
        ("{% query_string page=2 %}", "?q=a+b&amp;sort=name&amp;page=2"),
        ("{% query_string sort=None %}", "?q=a+b"),
        ("{% query_string size=25 %}", "?q=a+b&amp;sort=name&amp;size=25"),
        ("{% query_string more sort='x' %}", "?q=a+b&amp;sort=x&amp;cursor=c"),
    ],
)
def test_a_query_string_changes_one_thing_and_starts_at_the_first_page(
    tag: str, text: str
) -> None:
    query = {"q": "a b", "sort": "name", "page": "7", "cursor": "old"}

    assert render(tag, query=query, more={"cursor": "c"}) == text


def test_what_stands_between_backticks_is_code() -> None:
    words = "for values `a < b`, or `c`"
    assert render("{{ words|coded }}", words=words) == (
        "for values <code>a &lt; b</code>, or <code>c</code>"
    )


def test_addresses_carry_the_tenant() -> None:
    assert render("{% turl 'gallery:detail' pk=7 %}") == "/acme/things/7/"


def test_nothing_shows_as_a_dash() -> None:
    assert render("{{ x|count }}{{ x|duration }}{% when x %}", x=None).count("–") == 3


def test_numbers_and_spans() -> None:
    assert (
        render("{{ n|count }} {{ s|duration }}", n=12480, s=72)
        == "12\u202f480 1\u202fm 12\u202fs"
    )
