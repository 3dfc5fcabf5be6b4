"""The pages of value maps and functions, as members see them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.test import Client

from formulas import services
from formulas.language.functions import FUNCTIONS
from formulas.models import ValueMap, ValueMapUnmapped
from formulas.services import maps
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import make
from tests.integration.formulas.conftest import Inside
from tests.integration.objects.pages import text

BASE = "/t/acme/value-maps/"


def post(client: Client, url: str, status: int = 303, /, **data: Sequence[str]) -> str:
    response = client.post(url, data)
    content = response.content.decode()
    assert response.status_code == status, content
    return content


def entries(inside: Inside, name: str = "terms") -> dict[str, str]:
    found: dict[str, str] = inside(lambda: maps.entries_of(ValueMap.objects.get(name=name)))
    return found


@pytest.fixture
def waiting(acme: Tenant, terms: ValueMap, inside: Inside) -> ValueMapUnmapped:
    inside(lambda: services.note_unmapped(acme.pk, {("terms", "99"): 1200}, make.NOW))
    found: ValueMapUnmapped = inside(ValueMapUnmapped.objects.get)
    return found


class TestMaps:
    def test_a_map_is_made_line_by_line(self, alices: Client, inside: Inside) -> None:
        url = f"{BASE}new/"
        assert text(alices, url).count('name="key"') == 3
        typed = {
            "name": "rates",
            "value_type": "number",
            "key": ["A", ""],
            "value": ["0.19", ""],
        }
        page = post(alices, url, 200, _redraw="add", **typed)
        assert page.count('name="key"') == 3
        assert 'value="0.19"' in page
        page = post(alices, url, 200, _redraw="remove:1", **typed)
        assert page.count('name="key"') == 1
        assert "0.19" not in page

        post(alices, url, 303, **typed)
        assert entries(inside, "rates") == {"A": "0.19"}
        assert "rates" in text(alices, BASE)

    def test_what_is_wrong_stands_beside_its_line(self, alices: Client) -> None:
        lines = {"key": ["A", "B", "A", ""], "value": ["1", "one", "2", "3"]}
        page = post(alices, f"{BASE}new/", 422, name="rates", value_type="number", **lines)
        for message in ("“one” is not a number.", "in line 1 already.", "The key is empty."):
            assert page.count(message) == 2  # beside the line, and summed up on top

    def test_a_map_is_edited_as_table_and_as_text(
        self, alices: Client, terms: ValueMap, inside: Inside
    ) -> None:
        url = f"{BASE}{terms.pk}/edit/"
        page = text(alices, url)
        assert 'value="net60"' in page
        typed = {"name": "terms", "value_type": "text", "revision": "1"}
        lines = {"key": ["10", "20 30"], "value": ["net31", 'a "b"']}
        page = post(alices, url, 200, _redraw="text", **typed, **lines)
        assert "10\tnet31\n20 30\t&quot;a &quot;&quot;b&quot;&quot;&quot;" in page

        as_text = {**typed, "text": '10\tnet31\r\n20 30\t"a ""b"""\r\n'}
        page = post(alices, url, 200, _redraw="table", **as_text)
        assert 'value="a &quot;b&quot;"' in page
        post(alices, url, 303, **as_text)
        assert entries(inside) == {"10": "net31", "20 30": 'a "b"'}

    def test_many_entries_come_as_text(
        self, alices: Client, terms: ValueMap, inside: Inside
    ) -> None:
        many = {f"k{number}": "v" for number in range(1500)}
        inside(lambda: maps.edit_map(terms, entries=many, actor=COMMAND))
        url = f"{BASE}{terms.pk}/"
        page = text(alices, f"{url}edit/")
        assert "k1499\tv" in page
        assert 'name="key"' not in page
        page = text(alices, url)
        assert "These are the first 200." in page
        assert "<code>k1499</code>" not in page
        assert "<code>k1499</code>" in text(alices, f"{url}?q=1499")

    def test_two_editors_do_not_undo_each_other(
        self, alices: Client, terms: ValueMap, inside: Inside
    ) -> None:
        inside(lambda: maps.edit_map(terms, entries={"1": "x"}, actor=COMMAND))
        typed = {"name": "terms", "value_type": "text", "key": "2", "value": "y"}
        page = post(alices, f"{BASE}{terms.pk}/edit/", 422, revision="1", **typed)
        assert "Somebody else changed this meanwhile" in page
        assert entries(inside) == {"1": "x"}

    def test_deleting_says_what_goes_along(
        self, alices: Client, waiting: ValueMapUnmapped, inside: Inside
    ) -> None:
        url = f"{BASE}{waiting.map_id}/delete/"
        page = text(alices, url)
        assert "2 entries" in page
        assert "1 unmapped values" in page
        post(alices, url)
        assert not inside(ValueMap.objects.exists)


class TestPasting:
    def test_it_shows_first_what_it_does(
        self, alices: Client, terms: ValueMap, inside: Inside
    ) -> None:
        url = f"{BASE}{terms.pk}/paste/"
        assert "net30" not in text(alices, url)
        sent = {"text": "code;term\n10;net30\n20;net61\n30;net90", "heading": "on"}
        page = post(alices, url, 200, _preview="1", mode="add", **sent)
        assert "1 added · 1 changed · 0 removed" in page
        assert "Change 2 entries" in page
        assert entries(inside) == {"10": "net30", "20": "net60"}

        post(alices, url, 303, mode="add", **sent)
        assert entries(inside) == {"10": "net30", "20": "net61", "30": "net90"}

    def test_it_replaces_all(self, alices: Client, terms: ValueMap, inside: Inside) -> None:
        url = f"{BASE}{terms.pk}/paste/"
        sent = {"text": "10\tnet30", "mode": "replace"}
        assert "0 added · 0 changed · 1 removed" in post(alices, url, 200, _preview="1", **sent)
        post(alices, url, 303, **sent)
        assert entries(inside) == {"10": "net30"}

    @pytest.mark.parametrize(
        ("sent", "message"),
        [
            ("10,a\n10,b", "Line 2: The key “10” is in line 1 already."),
            ("10,a\n\n,b", "Line 3: The key is empty."),
            ("10,a\nalone", "Line 2: There is one column; two are needed."),
            ("10,a,b", "Line 1: There are 3 columns; two are needed."),
            ('10,"a', "Line 1: This cannot be read"),
            ("\n \n", "required"),
        ],
    )
    def test_errors_name_their_line(
        self, alices: Client, terms: ValueMap, inside: Inside, sent: str, message: str
    ) -> None:
        for button in ({"_preview": "1"}, {}):
            page = post(
                alices, f"{BASE}{terms.pk}/paste/", 422, text=sent, mode="add", **button
            )
            assert message in page or "There is no entry in it." in page
        assert entries(inside) == {"10": "net30", "20": "net60"}


class TestInbox:
    def test_a_value_is_mapped(
        self, alices: Client, waiting: ValueMapUnmapped, inside: Inside
    ) -> None:
        assert "1 to map" in text(alices, BASE)
        page = text(alices, f"{BASE}{waiting.map_id}/")
        assert "<code>99</code>" in page
        assert '<option value="net60">' in page
        post(alices, f"{BASE}unmapped/{waiting.pk}/map/", 303, value="net14")
        assert entries(inside)["99"] == "net14"
        assert "Inbox" not in text(alices, f"{BASE}{waiting.map_id}/")
        assert "to map" not in text(alices, BASE)

    def test_a_wrong_value_says_so(
        self, alices: Client, waiting: ValueMapUnmapped, inside: Inside
    ) -> None:
        inside(
            lambda: maps.edit_map(waiting.map, value_type="boolean", entries={}, actor=COMMAND)
        )
        post(alices, f"{BASE}unmapped/{waiting.pk}/map/", 303, value="maybe")
        page = text(alices, f"{BASE}{waiting.map_id}/")
        assert "“maybe” is not true or false." in page
        assert "<code>99</code>" in page

    def test_a_value_is_ignored_and_taken_back(
        self, alices: Client, waiting: ValueMapUnmapped
    ) -> None:
        url = f"{BASE}unmapped/{waiting.pk}/ignore/"
        post(alices, url, 303)
        page = text(alices, f"{BASE}{waiting.map_id}/")
        assert "1 ignored" in page
        assert "Nothing waits to be mapped." in page
        post(alices, url, 303, to="inbox")
        assert "Ignore 99" in text(alices, f"{BASE}{waiting.map_id}/")

    def test_a_reader_sees_and_changes_nothing(
        self, bobs: Client, waiting: ValueMapUnmapped
    ) -> None:
        page = text(bobs, f"{BASE}{waiting.map_id}/")
        assert "<code>99</code>" in page
        assert '<form method="post"' not in page.partition("<main")[2]
        post(bobs, f"{BASE}unmapped/{waiting.pk}/map/", 403, value="x")


class TestReference:
    URL = "/t/acme/formulas/functions/"

    def test_every_function_is_there_with_results(self, bobs: Client) -> None:
        page = text(bobs, self.URL)
        assert page.count('<article class="function"') == len(
            {one.name for one in FUNCTIONS.values()}
        )
        assert "padleft(text, length, [character])" in page
        assert "&quot;0007&quot;" in page

    def test_it_is_searched(self, bobs: Client) -> None:
        page = text(bobs, f"{self.URL}?q=vlookup")
        names = ("vlookup", "textvlookup", "textvlookuplike")
        assert all(f'id="{name}"' in page for name in names)
        assert 'id="padleft"' not in page
        assert page.index('id="vlookup"') < page.index('id="textvlookuplike"')
        assert "No function matches." in text(bobs, f"{self.URL}?q=xyzzy")

    def test_a_group_is_chosen(self, bobs: Client) -> None:
        page = text(bobs, f"{self.URL}?group=Logic")
        assert 'id="if"' in page
        assert 'id="padleft"' not in page
        assert 'id="padleft"' in text(bobs, f"{self.URL}?group=Nonsense")

    def test_htmx_gets_what_was_found_alone(self, bobs: Client) -> None:
        response = bobs.get(f"{self.URL}?q=padleft", headers={"HX-Request": "true"})
        page = response.content.decode()
        assert page.count('<article class="function"') == 1
        assert "<html" not in page
        assert response["Vary"].count("HX-Request") == 1
