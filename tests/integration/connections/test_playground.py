"""The playground's page, and what the formula editor asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections.kit.base import ErrorKind, RemoteError
from connections.kit.world import Fault, World
from connections.models import SourceSample
from objects.records.changes import Origin, Source
from objects.services import load_shape, records
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests import make, making

PAGE, TRY, WORDS = (f"/t/acme/formulas/{name}/" for name in ("playground", "try", "words"))


@pytest.fixture
def store(acme: Tenant, alice: Membership) -> int:
    """Three partners."""
    target = making.make_object(acme)
    with door.tenant(acme.pk):
        for number in range(3):
            values = {"code": f"C{number}", "name": f"Partner <{number}>"}
            records.create_record(
                load_shape(target), values, source=Source(Origin.USER, None), now=make.NOW
            )
    return target.pk


def post(client: Client, **sent: Any) -> Any:
    return client.post(PAGE, {"record": "{}", **sent})


def told(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content
    return str(response.content.decode())


def test_a_link_shows_formula_and_value(alices: Client, store: int) -> None:
    page = told(alices.get(PAGE, {"formula": "upper(data('City'))"}))

    assert "<output>KÖLN</output>" in page
    assert "upper(data(&#x27;City&#x27;))</code>" in page
    page = told(
        alices.get(PAGE, {"formula": "data('name')", "source": f"object:{store}", "key": "C1"})
    )
    assert "<output>Partner &lt;1&gt;</output>" in page


def test_a_link_may_name_what_is_not_there(alices: Client, store: int) -> None:
    assert "Sample record" in told(alices.get(PAGE, {"formula": "1", "source": "object:999"}))


def test_the_style_of_the_editor_needs_no_more_than_its_nonce(
    alices: Client, store: int
) -> None:
    response = alices.get(PAGE)
    policy = response["Content-Security-Policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]

    assert f'nonce="{nonce}"' in told(response)
    assert "unsafe" not in policy
    assert "nonce" not in alices.get("/t/acme/")["Content-Security-Policy"]


def test_many_records_are_counted(alices: Client, store: int) -> None:
    formula = "switch(data('code'), 'C0', fail('No.'), 'C1', null, data('name'))"
    page = told(post(alices, formula=formula, source=f"object:{store}", _wish="test"))

    assert "1 ok" in page
    assert "1 null" in page
    assert "Rejected: No." in page
    page = told(post(alices, formula="uper('a')", source=f"object:{store}", _wish="test"))
    assert "There is no function" in page


def test_lookups_of_many_records_are_fetched_together(
    alices: Client, store: int, django_assert_max_num_queries: Any
) -> None:
    formula = "textvlookup(data('code'), 'partner', 'code', 'name')"
    with django_assert_max_num_queries(60):
        page = told(post(alices, formula=formula, source=f"object:{store}", _wish="test"))

    assert "3 ok" in page


def test_the_records_of_a_source_are_tried(alices: Client, acme: Tenant, world: World) -> None:
    connection = making.make_connection(acme)
    sent = {"formula": "data('CardName')", "source": f"connection:{connection.pk}"}

    page = told(post(alices, **sent, key="", _wish="load"))
    assert "<output>Partner 0</output>" in page
    assert "3 ok" in told(post(alices, **sent, _wish="test"))
    assert "No record has the key" in told(post(alices, **sent, key="nope", _wish="load"))
    world.faults.append(Fault("read", error=RemoteError(ErrorKind.AUTH, "Wrong password.")))
    assert "3 ok" in told(post(alices, **sent, _wish="test"))  # they were kept: nobody is asked
    with door.tenant(acme.pk):
        SourceSample.objects.all().delete()
    assert "Wrong password." in told(post(alices, **sent, _wish="test"))


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("{", "This is not JSON"),
        ("[1]", "written as an object"),
        ('{"a": "' + "x" * 1_000_001 + '"}', "at most 1 MB"),
    ],
)
def test_a_record_that_is_none_is_refused(
    alices: Client, store: int, record: str, says: str
) -> None:
    assert says in told(alices.post(PAGE, {"formula": "1", "record": record}), 422)
    response = alices.post(TRY, {"formula": "1", "record": record})
    assert response.status_code == 422
    assert says in response.json()["problem"]


def test_without_a_source_there_is_nothing_to_test(alices: Client, store: int) -> None:
    page = told(post(alices, formula="1", _wish="test"))

    assert "Choose where the records come from." in page


def test_the_editor_gets_value_parts_and_html(alices: Client, store: int) -> None:
    answer = alices.post(TRY, {"formula": "data('n') + 0.2", "record": '{"n": 0.1}'}).json()

    assert (answer["kind"], answer["shown"], answer["error"]) == ("number", "0.3", None)
    assert answer["steps"][-1]["shown"] == "0.3"
    assert "<output>0.3</output>" in answer["html"]


def test_without_a_record_only_the_formula_is_judged(alices: Client, store: int) -> None:
    answer = alices.post(TRY, {"formula": "fail('no')", "brief": "1"}).json()
    assert (answer["error"], "It can be read." in answer["html"]) == (None, True)
    answer = alices.post(TRY, {"formula": "1 +", "brief": "1"}).json()
    assert answer["error"]["kind"] == "syntax"


def test_the_words_are_those_of_the_tenant(
    alices: Client, bobs: Client, store: int, globex: Tenant
) -> None:
    making.make_object(globex, "secret")
    words = bobs.get(WORDS).json()

    assert [one["name"] for one in words["objects"]] == ["partner"]
    assert {"name": "code", "label": "Code"} in words["objects"][0]["fields"]
    assert next(one for one in words["functions"] if one["name"] == "vlookup")["parameters"][
        0
    ] == {
        "name": "field",
        "kind": "text",
        "optional": False,
        "many": False,
        "wants": "field",
    }


def test_who_may_not_see_records_is_offered_none(acme: Tenant, store: int) -> None:
    profile = make.make_profile(acme, "Looks at connections", ["inbound.view"])
    reader = make.browser_of(make.make_member(acme, "r@acme.test", profile=profile))

    assert f"object:{store}" not in told(reader.get(PAGE))
    formula = "textvlookup('C0', 'partner', 'code', 'name')"
    assert (
        "records.view"
        in reader.post(TRY, {"formula": formula, "record": "{}"}).json()["error"]["message"]
    )
    assert reader.get(WORDS).json()["objects"] == []
    told(post(reader, formula="1", source=f"object:{store}", _wish="test"), 422)
