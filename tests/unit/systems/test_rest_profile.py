"""REST profiles: what they describe, and slips that are named."""

from __future__ import annotations

import httpx
import pytest

from connections.kit.base import (
    ErrorKind,
    FieldType,
    Op,
    Rate,
    RemoteError,
)
from connections.kit.rest.profile import ProfileError, load
from connections.systems.rest import Rest
from tests.every import every
from tests.unit.kit.talking import NOW, Talk, pages
from tests.unit.systems.rest_service import FIND, Service, profile, queue

# --- describing ---------------------------------------------------------------------------


def test_declared_fields_and_capabilities() -> None:
    text = profile(
        "label: Articles\nfields: [{name: id, type: integer, read_only: true}, {name: c, type: choice, "
        "choices: [a, b], required: true, max_length: 5, label: See}, {name: l, type: list, "
        "fields: [{name: x}]}]\nsince: {field: at, param: p}\n"
        "paging: {type: page, max: 500}\nidempotency: {header: K}\n"
        "batch: {path: /b, results: r, ops: [upsert], max: 7}",
        list_='{path: /i, query: {p: "{page}"}}',
    )

    (entity,) = Service(pages()).system(text).entities()

    assert (entity.label, entity.change_field) == ("Articles", "at")
    id_, choice, lines = entity.fields
    assert not id_.writable
    assert (choice.type, choice.choices[0], choice.required) == (
        FieldType.CHOICE,
        ("a", "a"),
        True,
    )
    assert lines.fields[0].name == "x"
    caps = entity.caps
    assert (caps.since, caps.batch_max, caps.page_max) == ("time", 7, 500)
    assert (caps.ops, caps.upsert_by) == ({Op.UPSERT}, ("id",))
    assert (caps.write_semantics, caps.idempotency) == ("idempotent", "header")


@every(
    ("entity", "semantics"),
    [("", "neither"), (FIND, "searchable"), ('get: {path: "/i/{key}"}', "searchable")],
)
def test_how_safe_it_is_to_write(entity: str, semantics: str) -> None:
    service = Service(lambda _: httpx.Response(200, json=[]))

    (found,) = service.system(profile(entity)).entities()

    assert found.caps.write_semantics == semantics


def test_fields_are_guessed_from_a_sample() -> None:
    service = Service(
        lambda _: httpx.Response(200, json=[{"id": 1, "at": "2026-01-31"}, "no record"])
    )

    (entity,) = service.system(profile()).entities()

    assert {field.name: field.type for field in entity.fields} == {
        "id": FieldType.INTEGER,
        "at": FieldType.DATE,
    }


@every("answer", [httpx.Response(403), httpx.Response(200, json=[])])
def test_without_a_sample_there_is_the_key(answer: httpx.Response) -> None:
    (entity,) = Service(queue(answer)).system(profile()).entities()

    assert [(field.name, field.key) for field in entity.fields] == [("id", True)]


def test_a_wrong_login_is_no_missing_sample() -> None:
    with pytest.raises(RemoteError):
        Service(queue(httpx.Response(401))).system(profile()).entities()


def test_the_rate_is_taken_from_the_profile() -> None:
    text = profile(top="rate: {requests: 60, per_seconds: 30}")

    assert Rest.rates({"profile": text}) == (Rate(60, 30.0),)
    assert Rest.rates({"profile": profile()}) == ()
    assert Rest.rates({}) == ()


def test_a_profile_may_name_how_a_login_is_tested() -> None:
    service = Service(lambda _: httpx.Response(200, json={}))

    lines = list(service.system(profile(top="test: {path: /me}")).check())

    assert all(line.ok for line in lines)
    assert "/api/me" in [request.url.path for request in service.requests]


def test_a_base_address_of_its_own() -> None:
    service = Service(lambda _: httpx.Response(200, json=[]))

    service.read(profile(top="base_url: https://erp.example/other/v2/"))
    assert service.last.url.path == "/other/v2/items"

    with pytest.raises(RemoteError) as caught:
        service.read(profile(top="base_url: https://evil.example/"))
    assert caught.value.kind is ErrorKind.EGRESS


# --- slips in profiles --------------------------------------------------------------------


@every(
    ("text", "words"),
    [
        ("", "begins with keys such as auth"),
        ("- a", "begins with keys such as auth"),
        ("a: [", "Line 1"),
        ("a: b\na: c", "Line 2, column 1: the key 'a' is there twice"),
        ("? [a]\n: b", "a key must be text"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("a: \x00", "not YAML"),
        ("[" * 1000, "not YAML"),
        ("x" * 200_001, "longer than"),
        ("entities: {}", "entities"),
        ("auth: {type: none}", "profile: entities is missing"),
        (profile(top="colour: red"), "profile: unknown key colour. Known are: base_url"),
        (profile(top="auth: {type: magic}"), "auth.type: 'magic' is not one of none, basic"),
        (profile(top="auth: {type: api_key}"), "auth: name is missing"),
        (profile(top="auth: {type: oauth2_refresh}"), "auth: token_url is missing"),
        (profile(top="auth: {type: session_login, path: /l, body: {}}"), "auth: say either"),
        (profile(top="base_url: ftp://x"), "base_url: 'ftp://x' must begin with https://"),
        (profile(top="rate: {requests: lots, per_seconds: 1}"), "a whole number, found text"),
        (profile(top="rate: {requests: 0, per_seconds: 1}"), "rate.requests: 0 is less than"),
        (profile(top="success: {body_ok: 'a ='}"), "success.body_ok: 'a =' is no JMESPath"),
        (profile(top="auth: {type: bearer, secret: $secret.pin}"), "there is no $secret.pin"),
        (
            profile(
                top="auth: {type: session_login, path: /l, token: t, body: {a: [$secret.x]}}"
            ),
            "auth.body.a[0]: there is no $secret.x",
        ),
        (profile("paging: {type: page}"), "needs {page} in path"),
        (profile("paging: {type: cursor}"), "entities.Items.paging: next is missing"),
        (profile("paging: {type: keyset}"), "field is missing"),
        (profile(list_='{path: /i, query: {a: "{oops}"}}'), "unknown variable {oops}"),
        (profile(list_='{path: /i, query: {a: "{page}"}}'), "unknown variable {page}"),
        (profile(list_="{path: items}"), "entities.Items.list.path: 'items' must begin with /"),
        (profile(list_="[]"), "entities.Items.list: expected a mapping, found a list"),
        (profile('update: {path: "/i/{id}"}'), "entities.Items.update: unknown variable {id}"),
        (
            profile('create: {path: "/i/{key}"}'),
            "entities.Items.create: unknown variable {key}",
        ),
        (profile("find: {path: /i}"), "entities.Items.find: needs {key}"),
        (profile("since: {timezone: Mars/Base}"), "no time zone 'Mars/Base'"),
        (profile("fields: [{name: a, type: money}]"), "entities.Items.fields[0].type"),
        (profile("fields: [{type: text}]"), "entities.Items.fields[0]: name is missing"),
        (profile("fields: [{name: yes, required: no}]"), "true or false, found text"),
        (profile("fields: [{name: a, max_length: true}]"), "a whole number, found yes or no"),
        (profile("fields: [{name: a, label: }]"), "expected text, found nothing"),
        (profile("fields: [{name: a, label: 5}]"), "expected text, found a number"),
        (profile("fields: [{name: a, label: {b: c}}]"), "expected text, found a mapping"),
    ],
)
def test_slips_are_named_with_their_place(text: str, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load(text)

    assert words in str(caught.value)
    assert Rest.problems({"profile": text}) == {"profile": str(caught.value)}


def test_yaml_is_read_without_surprises() -> None:
    text = profile(
        top="headers: {a: on, b: 2026-01-31, c: 'x', d: 1_0, e: 0o7}",
        list_="{path: /i, query: {n: 5, f: 1.5, t: true, z: 007}}",
    )

    loaded = load(text)

    assert loaded["headers"] == {"a": "on", "b": "2026-01-31", "c": "x", "d": "1_0", "e": "0o7"}
    assert loaded["entities"]["Items"]["list"]["query"] == {
        "n": 5,
        "f": 1.5,
        "t": True,
        "z": "007",
    }
    assert Rest.problems({"profile": text}) == {}


def test_the_clock_is_the_contexts() -> None:
    assert Talk(pages()).context().now() == NOW
