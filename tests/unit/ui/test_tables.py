from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.template import engines
from django.utils import timezone

from syncapp.ui.access import PageRequest
from syncapp.ui.links import Action
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    DurationColumn,
    LinkColumn,
    StateColumn,
    Table,
    TextColumn,
    WhenColumn,
)
from tests.gallery.pages import Thing
from tests.unit.ui.asking import request

pytestmark = pytest.mark.urls("tests.gallery.urls")


class Things(Table):
    name = LinkColumn("Name", url_name="gallery:detail")
    system = LinkColumn("System", url_name="gallery:detail", pk="system_id", row=False)
    state = StateColumn("State")
    at = WhenColumn("When")
    took = DurationColumn("Took", ms=True, orderable=False)
    n_read = CountColumn("Read")
    note = TextColumn("Note")
    actions = ActionsColumn(
        (
            Action("Run", "gallery:run", "things.run", "player-play", method="post"),
            Action("Delete", "gallery:delete", "things.delete", "trash", dialog=True),
        )
    )

    class Meta:
        order_by = ("name",)


def thing(pk: int, name: str, **values: Any) -> Thing:
    usual = {
        "system": None,
        "system_id": None,
        "state": "off",
        "at": None,
        "took": 0,
        "n_read": pk,
        "note": "",
    }
    return Thing(pk=pk, name=name, **(usual | values))


def cells(table: Table) -> list[dict[str, str]]:
    return [{cell.head.name: str(cell.content) for cell in line} for line in table.lines()]


def draw(table: Table, asked: PageRequest) -> str:
    template = engines["django"].get_template("ui/_table.html")
    return template.render({"table": table, "target": "#results"}, asked)


def test_cells_read_well() -> None:
    row = thing(
        7,
        "Orders",
        state="failed",
        at=timezone.now() - timedelta(minutes=3, seconds=2),
        took=72000,
        n_read=1904,
    )

    shown = cells(Things([row], request=request("/")))[0]

    assert shown["name"] == '<a class="row-link" href="/acme/things/7/">Orders</a>'
    assert "Failed" in shown["state"]
    assert "3\u202fmin ago" in shown["at"]
    assert (shown["took"], shown["n_read"]) == ("1\u202fm 12\u202fs", "1\u202f904")
    assert "–" in shown["note"]


def test_a_link_to_another_row_is_not_the_rows_link() -> None:
    rows = [thing(7, "Orders", system="SAP", system_id=9), thing(8, "Items", system="gone")]

    first, second = cells(Things(rows, request=request("/"), order_by=()))

    assert first["system"] == '<a class="reference" href="/acme/things/9/">SAP</a>'
    assert second["system"] == "gone"


def test_values_are_escaped() -> None:
    asked = request("/", "things.delete")
    table = Things([thing(1, "<b>", note="<i>")], request=asked)

    drawn = draw(table, asked)

    assert "&lt;i&gt;" in drawn
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert "<i>" not in drawn


def test_actions_are_those_one_may_use_and_name_their_row() -> None:
    some = cells(Things([thing(1, "Orders")], request=request("/", "things.delete")))[0][
        "actions"
    ]
    every = cells(
        Things([thing(1, "Orders")], request=request("/", "things.delete", "things.run"))
    )[0]["actions"]

    assert 'aria-label="Delete Orders"' in some
    assert 'hx-target="#dialog-body"' in some
    assert "<form" not in some
    assert re.search(
        r'<form method="post" action="/acme/things/1/run/">.*csrfmiddlewaretoken', every
    )


def test_a_row_has_room_for_three_actions() -> None:
    with pytest.raises(ValueError, match="three"):
        ActionsColumn([Action("Edit", "gallery:edit", "x", "pencil")] * 4)


def test_headings_tell_order_and_next_click() -> None:
    table = Things([thing(1, "b"), thing(2, "a")], request=request("/"), order_by="-n_read")
    heads = {head.name: head for head in table.headings()}

    assert (heads["n_read"].direction, heads["n_read"].sort) == ("descending", "n_read")
    assert (heads["name"].direction, heads["name"].sort) == (None, "name")
    assert heads["at"].sort == "-at", "the newest comes first"
    assert heads["took"].sort is None
    assert [head.name for head in heads.values() if head.telling] == ["name", "system"]


def test_an_unknown_column_in_the_address_changes_nothing() -> None:
    rows = [thing(1, "b"), thing(2, "a")]

    assert cells(Things(rows, request=request("/"), order_by="-hacked"))[0]["n_read"] == "1"


def test_a_page_of_a_table_keeps_its_order_and_heads() -> None:
    whole = Things(
        [thing(1, "a"), thing(2, "b"), thing(3, "c")], request=request("/"), order_by="-n_read"
    )

    page = whole.showing(whole.ordered()[:2])

    assert [row["n_read"] for row in cells(page)] == ["3", "2"]
    assert page.headings() == whole.headings()


def test_the_template_marks_the_sorted_column_and_keeps_other_parameters() -> None:
    asked = request("/acme/things/", q="x", page="3", sort="-n_read")
    table = Things([thing(1, "a")], request=asked, order_by="-n_read")

    drawn = draw(table, asked)

    assert re.search(
        r'aria-sort="descending"><a id="sort-n_read" href="\?q=x&amp;sort=n_read"', drawn
    )
    assert 'role="cell" data-label="Read"' in drawn
