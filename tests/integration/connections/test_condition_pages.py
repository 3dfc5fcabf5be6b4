"""The page of conditions: rows and groups, what is wrong with them, how many samples pass."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import kept
from connections.document import read_conditions
from connections.kit.values import Record
from connections.models import Connection
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import make, making

pytestmark = pytest.mark.usefixtures("db")
ROW = {"left": "field", "operator": "equals", "against": "value", "enabled": "on"}


@pytest.fixture
def connection(acme: Tenant) -> Connection:
    making.make_world()
    made = making.make_connection(acme, active=True)
    with door.tenant(acme.pk):
        keeper = kept.Keeper(acme.pk, made.pk)
        for number in range(4):
            values = {"CardCode": f"C{number}", "Kind": "customer" if number % 2 else "lead"}
            keeper.offer([Record(f"C{number}", canonical.dumps(values))])
        keeper.write(make.NOW)
    return made


def url(row: Connection, page: str = "conditions") -> str:
    return reverse(f"connections:inbound_{page}", kwargs={"tenant": "acme", "pk": row.pk})


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def sent(row: Connection, *groups: list[dict[str, str]], **more: str) -> dict[str, str]:
    """Give what the form sends."""
    with door.tenant(row.tenant_id):
        row.refresh_from_db()
    data = {"etag": str(row.etag), "groups": str(len(groups) - 1), **more}
    for number, rows in enumerate(groups):
        data[f"g{number}-total"] = str(len(rows))
        data.setdefault(f"g{number}-join", "all")
        for at, one in enumerate(rows):
            data |= {f"g{number}-r{at}-{name}": value for name, value in {**ROW, **one}.items()}
    return data


def stored(row: Connection) -> Any:
    with door.tenant(row.tenant_id):
        row.refresh_from_db()
        return read_conditions(row.conditions)


def test_rows_and_groups_are_saved_and_undone(alices: Client, connection: Connection) -> None:
    lines = "customer\n lead \n\n"
    data = sent(
        connection,
        [{"field": "Kind", "operator": "in_list", "values": lines, "value": "left over"}],
        [
            {"field": "CardCode", "operator": "between", "value": "C0", "to": "C5"},
            {"left": "formula", "formula": "data('Kind') = 'x'", "operator": "is_true"},
            {"field": "CardCode", "against": "field", "other": "Kind"},
        ],
        **{"g1-join": "any"},
    )
    assert alices.post(url(connection), data).status_code == 303
    found = stored(connection)
    assert (found.rows[0].values, found.rows[0].value) == (("customer", "lead"), "")
    assert found.groups[0].join == "any"
    between, formula, other = found.groups[0].rows
    assert (between.value, between.to) == ("C0", "C5")
    assert (formula.formula, formula.field) == ("data('Kind') = 'x'", "")
    assert (other.other, other.value) == ("Kind", "")
    page = text(alices.get(url(connection)))
    assert "changes" in page
    undo = {"act": "undo", "back": "conditions", "etag": str(connection.etag)}
    assert alices.post(url(connection, "mapping_act"), undo)["Location"] == url(connection)
    assert not list(stored(connection).each())


def test_samples_are_counted_with_the_first_that_each_row_stops(
    alices: Client, connection: Connection
) -> None:
    data = sent(connection, [{"field": "Kind", "value": "customer"}], _try="1")
    page = text(alices.post(url(connection), data))
    assert "2 of 4" in page
    assert "lead" in page
    assert not list(stored(connection).each())
    wrong = sent(connection, [{"field": "Kind", "operator": "explodes"}], _try="1")
    assert "once nothing is wrong" in text(alices.post(url(connection), wrong))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"field": "", "value": "x"}, "Choose a field or write a formula."),
        ({"field": "Kind", "value": ""}, "Say what it is compared with"),
        ({"field": "Kind", "operator": "matches", "value": "("}, "Kind:"),
        ({"field": "Kind", "operator": "in_list", "values": " \n"}, "The list is empty."),
        ({"field": "Kind", "operator": "in_last_days", "value": "x"}, "must be a whole number"),
        ({"left": "formula", "formula": "nope("}, "line 1"),
        ({"field": "a\0b", "value": "x"}, "Null characters"),
        ({"field": "Kind", "operator": "explodes"}, "Select a valid choice"),
        ({"field": "x" * 301, "value": "x"}, "at most 300"),
    ],
)
def test_what_is_wrong_is_said_at_the_row(
    alices: Client, connection: Connection, row: dict[str, str], told: str
) -> None:
    page = alices.post(url(connection), sent(connection, [row]))
    assert page.status_code == 422
    assert told in text(page)
    assert not list(stored(connection).each())


def test_rows_and_groups_come_and_go_without_saving(
    alices: Client, connection: Connection
) -> None:
    data = sent(connection, [{"field": "Kind", "value": "x"}], [{"field": "CardCode"}])
    added = text(alices.post(url(connection), {**data, "_redraw": "add:1"}))
    assert added.count('class="condition"') == 3
    assert (
        text(alices.post(url(connection), {**data, "_redraw": "group"})).count("<legend>") == 3
    )
    gone = text(alices.post(url(connection), {**data, "_redraw": "remove:0.0"}))
    assert gone.count('class="condition"') == 1
    alone = text(alices.post(url(connection), {**data, "_redraw": "ungroup:1"}))
    assert alone.count("<legend>") == 1
    for odd in ("remove:9.9", "add:x", "ungroup:0", "remove:0.x", "nonsense"):
        assert alices.post(url(connection), {**data, "_redraw": odd}).status_code == 200
    assert not list(stored(connection).each())


def test_an_old_page_and_too_many_rows_change_nothing(
    alices: Client, connection: Connection
) -> None:
    data = sent(connection, [{"field": "Kind", "value": "kept here"}])
    page = alices.post(url(connection), {**data, "etag": "1"})
    assert (page.status_code, "kept here" in text(page)) == (412, True)
    many = sent(connection, [{"field": "Kind", "value": "x"}])
    refused = alices.post(url(connection), {**many, "g0-total": "99999", "groups": "5000"})
    assert refused.status_code == 422
    assert not list(stored(connection).each())


def test_readers_see_a_sentence(bobs: Client, alices: Client, connection: Connection) -> None:
    alices.post(url(connection), sent(connection, [{"field": "Kind", "value": "customer"}]))
    page = text(bobs.get(url(connection)))
    assert "Kind is equal to “customer”" in page
    assert "2 of 4" in page
    assert "_redraw" not in page
    assert bobs.post(url(connection), sent(connection, [])).status_code == 403
