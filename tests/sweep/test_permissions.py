"""Each permission guards its own addresses: whoever has all others is refused there and named it."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.test import Client
from django.urls import reverse

from syncapp import navigation
from syncapp.tenants import door, permissions
from syncapp.tenants.models import ApiKey, Membership, Profile, Tenant
from syncapp.ui.navigation import NavItem
from tests import make
from tests.every import every
from tests.markup import tree
from tests.sweep.addresses import Address
from tests.sweep.samples import furnish, kind_of
from tests.sweep.test_sweep import Things, call, calls, guarded, url

ENTRIES = [item for group in navigation.TENANT for item in group.items]
NARROWER = {"api:api-connection-list"}
"""What answers whoever has another permission too, with less."""


@pytest.fixture
def things(acme: Tenant, alice: Membership) -> Things:
    return furnish(acme)


@pytest.fixture
def dora(acme: Tenant) -> Membership:
    """A member whose profile the test changes as it goes."""
    profile = make.make_profile(acme, "Changing", [])
    return make.make_member(acme, "dora@acme.test", profile=profile)


@pytest.fixture
def doras(dora: Membership) -> Client:
    return make.browser_of(dora)


def allow(member: Membership, *codes: str) -> None:
    """Let the member's profile hold these permissions, the master switch, and no others."""
    held = sorted({permissions.VISIBLE, *codes})
    with door.tenant(member.tenant_id):
        Profile.objects.filter(pk=member.profile_id).update(permissions=held)


def demanding() -> dict[str, list[tuple[Address, str]]]:
    """Give the calls that each permission guards; the platform's area is nobody's here."""
    found: dict[str, list[tuple[Address, str]]] = defaultdict(list)
    for address, verb in calls(guarded()):
        code = address.required(verb)
        if code is not None and code != permissions.PLATFORM:
            found[code].append((address, verb))
    return found


@pytest.mark.slow  # calls every address
def test_whoever_has_all_others_is_refused(
    things: Things, dora: Membership, doras: Client, acme: Tenant
) -> None:
    key, text = make.make_key(acme, name="Changing")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    problems = []
    for code, guarded_by_it in demanding().items():
        others = permissions.ALL - {code}
        allow(dora, *others)
        with door.tenant(acme.pk):
            ApiKey.objects.filter(pk=key.pk).update(permissions=sorted(others))
        for address, verb in guarded_by_it:
            if address.name in NARROWER:
                continue
            if address.parameters - things.get(kind_of(address.name) or "", {}).keys():
                continue  # the sweep asks for a sample of it
            browser = client if address.is_api else doras
            answer = call(browser, verb, url(address, things))
            if answer.status_code not in {403, 405}:
                problems.append(f"{verb} {address.name} without {code}: {answer.status_code}")

    assert not problems, "\n".join(problems)


def test_every_module_guards_something() -> None:
    asked = {code.partition(".")[0] for code in demanding()}

    assert {module.key for module in permissions.MODULES} - asked == set()


def test_connections_of_a_direction_that_a_key_may_not_see_are_not_listed(
    things: Things, acme: Tenant
) -> None:
    for direction, other in (("inbound", "outbound"), ("outbound", "inbound")):
        client = make.client_of(acme, codes=permissions.ALL - {f"{other}.view"})
        listed = client.get("/api/v1/connections/").json()["data"]
        assert {row["direction"] for row in listed} == {direction}


def menu_of(client: Client) -> set[str]:
    """Give the addresses in the menu of a page that every member may see."""
    page = tree(client.get("/t/acme/setup/settings/").content)
    return {str(href) for href in page.xpath("//nav//a/@href")}


def address_of(item: NavItem) -> str:
    return reverse(item.url_name, kwargs={"tenant": "acme"})


@pytest.mark.slow  # opens every entry of the menu
@every("item", [item for item in ENTRIES if item.permission != "settings.view"])
def test_unticking_a_box_hides_the_entry_and_blocks_the_page(
    dora: Membership, doras: Client, item: NavItem
) -> None:
    allow(dora, "settings.view", item.permission)
    assert address_of(item) in menu_of(doras)
    assert doras.get(address_of(item)).status_code == 200

    allow(dora, *(permissions.ALL - {item.permission}))
    assert address_of(item) not in menu_of(doras)
    refused = doras.get(address_of(item))
    assert refused.status_code == 403
    assert item.permission in refused.content.decode()


def test_every_module_has_an_entry() -> None:
    modules = {item.permission.partition(".")[0] for item in ENTRIES}

    assert {module.key for module in permissions.MODULES} - modules == set()


def test_the_form_of_profiles_has_a_box_for_every_permission(alices: Client) -> None:
    page = tree(alices.get("/t/acme/setup/profiles/new/").content)

    boxes = page.xpath("//input[@type='checkbox']/@value")
    assert permissions.ALL - set(boxes) == set()
