"""Every address, as everybody: strangers, members of another tenant, a reader, an administrator.

`UPDATE_QUERY_COUNTS=1` writes the golden numbers of queries anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from syncapp.tenants import permissions
from syncapp.tenants.models import Membership, Tenant
from tests import make
from tests.sweep.addresses import Address, addresses
from tests.sweep.samples import NOBODYS, OPEN, QUERIES, Arguments, furnish, kind_of

GOLDEN = Path(__file__).parents[1] / "query_counts.json"
Things = dict[str, Arguments]


@pytest.fixture
def things(acme: Tenant, alice: Membership) -> Things:
    """One of each kind, acme's."""
    return furnish(acme)


def arguments(address: Address, things: Things) -> Arguments:
    known = things.get(kind_of(address.name) or "", {})
    return {name: known[name] for name in address.parameters}


def url(address: Address, things: Things, slug: str = "acme") -> str:
    tenant = {"tenant": slug} if address.is_page else {}
    path = reverse(address.name, kwargs={**arguments(address, things), **tenant})
    return path + QUERIES.get(address.name, "")


def call(client: Client, verb: str, path: str) -> HttpResponse:
    options = {} if verb == "get" else {"data": "{}", "content_type": "application/json"}
    if "/api/" not in path and verb == "post":
        options = {}
    answer: HttpResponse = getattr(client, verb)(path, **options)
    return answer


def calls(found: list[Address]) -> Iterator[tuple[Address, str]]:
    for address in found:
        for verb in address.verbs():
            yield address, verb


def guarded() -> list[Address]:
    return [address for address in addresses() if address.name not in OPEN]


def test_every_address_can_be_swept(things: Things) -> None:
    problems = []
    for address in addresses():
        known = things.get(kind_of(address.name) or "", {})
        if not address.name:
            problems.append(f"{address.route} has no name")
        elif missing := address.parameters - known.keys():
            problems.append(f"{address.name} wants {missing}: add it to samples.KINDS")
        if address.name not in OPEN and not any(map(address.required, address.verbs())):
            problems.append(f"{address.name} demands no permission and is not in samples.OPEN")

    assert not problems, "\n".join(problems)


def test_every_permission_exists() -> None:
    known = permissions.ALL | {permissions.PLATFORM}
    problems = [
        f"{verb} {address.name} demands {code}"
        for address, verb in calls(guarded())
        if (code := address.required(verb)) not in known
    ]

    assert not problems, "\n".join(problems)


def test_the_exceptions_exist() -> None:
    assert OPEN.keys() - {address.name for address in addresses()} == set()


def test_strangers_get_nowhere(things: Things, client: Client) -> None:
    problems = []
    for address, verb in calls(addresses()):
        answer = call(client, verb, url(address, things))
        if address.name in OPEN:
            fine = answer.status_code < 500
        elif address.is_api:
            fine = answer.status_code == 401
        else:
            fine = answer.status_code == 302 and answer["Location"].startswith(
                "/accounts/login/"
            )
        if not fine:
            problems.append(f"{verb} {address.name}: {answer.status_code}")

    assert not problems, "\n".join(problems)


def statuses(client: Client, address: Address, path: str) -> set[int]:
    """Give the answers to every method; a method that the address does not know says nothing."""
    found = {call(client, verb, path).status_code for verb in address.verbs()}
    return found - {405} or found


def test_another_tenants_member_finds_nothing(
    things: Things, globex: Tenant, carol: Membership, carols: Client
) -> None:
    client = make.client_of(globex)
    problems = []
    for address in guarded():
        foreign = address.parameters and kind_of(address.name) not in NOBODYS
        tried = []
        if address.is_page or address.is_platform:
            tried.append((carols, "acme"))
        if foreign and not address.is_platform:
            tried.append((client if address.is_api else carols, "globex"))
        for browser, slug in tried:
            answers = statuses(browser, address, url(address, things, slug))
            if answers != {404}:
                problems.append(f"{address.name} in {slug}: {answers}")

    assert not problems, "\n".join(problems)


def test_a_reader_writes_nothing(things: Things, bobs: Client, acme: Tenant) -> None:
    client = make.client_of(acme, codes=permissions.READING)
    problems = []
    for address in guarded():
        codes = {address.required(verb) for verb in address.verbs()}
        if address.is_platform or codes & permissions.READING:
            continue
        browser = client if address.is_api else bobs
        answers = statuses(browser, address, url(address, things))
        if answers != {403}:
            problems.append(f"{address.name} with {codes}: {answers}")
    for address, verb in calls([one for one in guarded() if one.is_api]):
        if address.required(verb) not in permissions.READING:
            answer = call(client, verb, url(address, things))
            if answer.status_code != 403:
                problems.append(f"{verb} {address.name}: {answer.status_code}")

    assert not problems, "\n".join(problems)


def test_a_reader_reads(things: Things, bobs: Client, acme: Tenant) -> None:
    client = make.client_of(acme, codes=permissions.READING)
    problems = []
    for address in guarded():
        code = address.required("get")
        if address.is_platform or code not in permissions.READING:
            continue
        answer = call(client if address.is_api else bobs, "get", url(address, things))
        if answer.status_code >= 400 and answer.status_code != 405:
            problems.append(f"get {address.name}: {answer.status_code}")

    assert not problems, "\n".join(problems)


@pytest.fixture
def browsers(alices: Client, api: Client) -> Callable[[Address], Client]:
    """Who may open an address: an administrator, her key, an operator."""
    operator = make.browser_of(make.make_user("op@platform.test", is_platform=True))

    def choose(address: Address) -> Client:
        return api if address.is_api else operator if address.is_platform else alices

    return choose


def count(client: Client, path: str) -> tuple[int, int]:
    """Give status and number of queries, what is remembered across requests left out."""
    call(client, "get", path)
    with CaptureQueriesContext(connection) as asked:
        answer = call(client, "get", path)
    return answer.status_code, len(asked)


def test_every_address_counts_its_queries(
    things: Things, browsers: Callable[[Address], Client]
) -> None:
    counted, problems = {}, []
    for address in addresses():
        if "get" in address.verbs():
            status, queries = count(browsers(address), url(address, things))
            if status < 400:
                counted[address.name] = queries
            elif status != 405:
                problems.append(f"get {address.name}: {status}")

    assert not problems, "\n".join(problems)
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        GOLDEN.write_text(json.dumps(counted, indent=2, sort_keys=True) + "\n")
    assert counted == json.loads(GOLDEN.read_text()), "see the first lines of this file"


@pytest.mark.slow  # each list twice, short and long
def test_more_rows_need_no_more_queries(
    acme: Tenant, things: Things, browsers: Callable[[Address], Client]
) -> None:
    lists = [one for one in guarded() if one.name.endswith(("list", "home", "_detail"))]
    before = {one.name: count(browsers(one), url(one, things)) for one in lists}

    for number in ("2", "3"):
        furnish(acme, number)

    after = {one.name: count(browsers(one), url(one, things)) for one in lists}
    grown = {
        name: (before[name], after[name]) for name in before if before[name] != after[name]
    }
    assert grown == {}


@pytest.mark.slow  # each address by each method
def test_odd_methods_break_nothing(things: Things, alices: Client, api: Client) -> None:
    problems = []
    for address in guarded():
        browser = api if address.is_api else alices
        for verb in ("HEAD", "OPTIONS", "PUT", "TRACE", "BREW"):
            if verb.lower() in address.verbs() or address.is_platform:
                continue
            answer = browser.generic(
                verb, url(address, things), data="{}", content_type="application/json"
            )
            if answer.status_code >= 500:
                problems.append(f"{verb} {address.name}: {answer.status_code}")

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("pk", [2**63 - 1, 10**20])
def test_numbers_that_are_nobodys_are_not_there(
    things: Things, alices: Client, api: Client, pk: int
) -> None:
    problems = []
    for address in guarded():
        if not address.parameters & {"pk", "object_pk"} or address.is_platform:
            continue
        made_up = {
            kind: {**known, **dict.fromkeys(known.keys() & {"pk", "object_pk"}, pk)}
            for kind, known in things.items()
        }
        browser = api if address.is_api else alices
        verb = address.verbs()[0]
        answer = call(browser, verb, url(address, made_up))
        if answer.status_code not in {404, 405}:
            problems.append(f"{verb} {address.name}: {answer.status_code}")

    assert not problems, "\n".join(problems)
