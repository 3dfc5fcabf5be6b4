"""Every list of the product: what its columns are, how it is searched, cut into pages and begun."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import connectors
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import make, making
from tests.every import every
from tests.markup import tree

SIZES = ["5", "10", "25", "50", "100"]


def page_of(client: Client, path: str) -> Any:
    answer = client.get(f"/t/acme/{path}")
    assert answer.status_code == 200, path
    return tree(answer.content)


def headings(page: Any) -> list[str]:
    return [head.text_content().strip() for head in page.xpath("//thead//th")]


def names(page: Any) -> list[str]:
    """Give what the rows are called: the links that open them."""
    return [
        link.text_content().strip()
        for link in page.xpath("//tbody//a[contains(@class, 'row-link')]")
    ]


@pytest.fixture
def pairs(acme: Tenant) -> Tenant:
    """In every list there is a row Alpha and a row Beta, and maybe others."""
    making.make_world()
    config = making.make_config(acme, "Gamma")
    for name in ("Alpha", "Beta"):
        making.make_config(acme, name)
        partner = making.make_object(acme, name.lower())
        making.make_connection(acme, name, config=config, object_=partner)
        making.make_outbound(acme, name, config=config, object_=partner)
        making.make_connector(acme, name, [])
        make.make_profile(acme, name, ["home.view"])
        make.make_member(acme, f"{name.lower()}@acme.test")
    return acme


LISTS = {
    "configs/": ["Name", "Endpoint URL", "Actions"],
    "inbound/": ["Name", "Type", "Object In", "Object Out", "Actions"],
    "outbound/": ["Name", "Type", "Object In", "Object Out", "Actions"],
    "connectors/": ["Name", "Inbound", "Outbound", "Last run", "Actions"],
    "connector-sets/": ["Name", "Connectors", "Actions"],
    "objects/": ["Name", "Object Type", "Actions"],
    "setup/profiles/": ["Name", "Actions"],
    "setup/users/": ["Name", "Email", "Actions"],
}
"""Where a list is, and the columns that it must have, in this order."""


@every(("path", "columns"), LISTS.items())
def test_a_list_has_its_columns_search_and_sizes(
    pairs: Tenant, alices: Client, path: str, columns: list[str]
) -> None:
    page = page_of(alices, path)
    assert [head for head in headings(page) if head in columns] == columns
    sizes = page.xpath("//*[@class='pages-sizes']/*")
    assert [size.text_content() for size in sizes] == SIZES

    (found,) = names(page_of(alices, f"{path}?q=ALPH"))
    assert "alpha" in found.lower()


@pytest.mark.slow  # opens every row of every list
@every("path", LISTS)
def test_a_list_leads_to_a_new_row_and_to_each_row(
    pairs: Tenant, alices: Client, path: str
) -> None:
    page = page_of(alices, path)
    (new,) = page.xpath("//*[@class='page-actions']//a[contains(@class, 'btn-primary')]/@href")
    assert alices.get(new).status_code == 200
    for row in page.xpath("//tbody/tr"):
        (opened,) = row.xpath(".//a[contains(@class, 'row-link')]/@href")
        assert alices.get(opened).status_code == 200
        edit, delete = row.xpath(".//td[last()]//a/@href")[-2:]
        assert edit == f"{opened}edit/"
        assert delete == f"{opened}delete/"


@pytest.mark.slow  # makes 101 connectors
def test_a_hundred_and_one_connectors_are_three_pages_of_fifty(
    acme: Tenant, alices: Client
) -> None:
    with door.tenant(acme.pk):
        for number in range(101):
            connectors.create(acme, name=f"C{number:03}", connections=[], actor=COMMAND)

    pages = [page_of(alices, f"connectors/?size=50&page={number}") for number in (1, 2, 3)]

    assert [len(names(page)) for page in pages] == [50, 50, 1]
    assert [name for page in pages for name in names(page)] == [f"C{n:03}" for n in range(101)]
    numbers = pages[0].xpath("//nav[@aria-label='Pages']//li[@class='page-number']")
    assert [number.text_content() for number in numbers] == ["1", "2", "3"]
    assert pages[2].xpath("//nav[@aria-label='Pages']//a[@rel='next']") == []
