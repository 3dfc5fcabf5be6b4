"""The client's own decisions, on a transport without a network."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpcore
import httpx
import pytest

from connections.kit.base import ErrorKind, Http, Rate, RemoteError
from connections.kit.clock import Clock, Deadline, allowed, until
from connections.kit.egress import EgressPolicy
from connections.kit.http import HttpClient, client_for
from connections.kit.lines import Bounds
from connections.kit.wire import BoundStream
from tests.every import every
from tests.unit.kit.talking import ROOT, Talk


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


def test_it_fits_the_interface() -> None:
    http: Http = Talk(ok).client()

    assert http.address() == "erp.example:443 was found and may be reached."
    assert "nothing to agree on" in http.handshake()


def test_without_tls_the_handshake_says_so() -> None:
    assert "clear text" in Talk(ok).client("http://erp.example/").handshake()


@every(
    ("url", "kind"),
    [
        ("https://erp.example:bad/", ErrorKind.CONFIG),
        ("/relative", ErrorKind.CONFIG),
        ("ftp://erp.example/", ErrorKind.CONFIG),
        ("https://other.example/", ErrorKind.EGRESS),
        ("http://erp.example/", ErrorKind.EGRESS),
        ("https://erp.example:8443/", ErrorKind.EGRESS),
        ("https://user:pass@erp.example/", ErrorKind.EGRESS),
    ],
)
def test_only_the_endpoint_is_asked(url: str, kind: ErrorKind) -> None:
    talk = Talk(ok)

    with pytest.raises(RemoteError) as caught:
        talk.client().send("GET", url)

    assert caught.value.kind is kind
    assert talk.requests == []
    assert "pass" not in caught.value.message


def test_the_usual_port_is_the_same_origin() -> None:
    assert Talk(ok).client().send("GET", "https://erp.example:443/x").status_code == 200


def test_a_fragment_is_not_part_of_the_request() -> None:
    talk = Talk(ok)

    talk.client().send("GET", ROOT + "x#y", params={"a": "1"})

    assert str(talk.last.url) == ROOT + "x?a=1"


def test_a_body_may_be_bytes() -> None:
    talk = Talk(ok)

    talk.client().send("POST", ROOT, content=b"<xml/>", headers={"Content-Type": "text/xml"})

    assert talk.last.content == b"<xml/>"
    assert talk.last.headers["Content-Type"] == "text/xml"


@every("status", [204, 300, 304])
def test_a_status_that_says_nothing_of_refusal_is_given(status: int) -> None:
    client = Talk(lambda _: httpx.Response(status)).client()

    assert client.send("GET", ROOT).status_code == status


class Limits:
    """A limiter that answers as told."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.keys: list[str] = []

    def take(self, key: str, rate: Rate) -> float:
        self.keys.append(key)
        return self.waits.pop(0) if self.waits else 0.0


def limited(limiter: Limits) -> tuple[Talk, HttpClient, list[float]]:
    talk, slept = Talk(ok), list[float]()
    client = talk.client()
    client.limiter, client.rates, client.account = limiter, [Rate(60, 60)], "7:1"
    client.clock = Clock(sleep=slept.append)
    return talk, client, slept


def test_a_short_wait_for_a_permission_is_waited() -> None:
    limiter = Limits(0.5, 0.2, 0)
    talk, client, slept = limited(limiter)

    client.send("GET", ROOT)

    assert slept == [0.5, 0.2]
    assert limiter.keys == ["7:1:requests"] * 3
    assert len(talk.requests) == 1


def test_a_long_wait_for_a_permission_is_the_runs_affair() -> None:
    talk, client, slept = limited(Limits(42))

    with pytest.raises(RemoteError) as caught:
        client.send("POST", ROOT)

    assert caught.value.kind is ErrorKind.RATE
    assert caught.value.retry_after == timedelta(seconds=42)
    assert not caught.value.sent
    assert (talk.requests, slept) == ([], [])


@every("missing", [{"limiter": None}, {"account": ""}])
def test_without_limiter_or_account_there_is_no_bucket(missing: dict[str, Any]) -> None:
    limiter = Limits(99)
    _, client, _ = limited(limiter)

    replace(client, **missing).send("GET", ROOT)

    assert limiter.keys == []


def test_nothing_is_repeated_beyond_the_deadline() -> None:
    talk = Talk(lambda _: httpx.Response(503))
    client = talk.client()
    client.bounds = Bounds(total_s=0.5)
    client.clock = Clock(sleep=lambda _: None, random=lambda: 1.0)

    with pytest.raises(RemoteError):
        client.send("GET", ROOT)

    assert len(talk.requests) == 1


@every("status", [400, 401, 404, 409, 501])
def test_what_does_not_pass_is_not_repeated(status: int) -> None:
    talk = Talk(lambda _: httpx.Response(status))

    with pytest.raises(RemoteError):
        talk.client().send("GET", ROOT)

    assert len(talk.requests) == 1


def test_exchanges_are_recorded_without_their_contents() -> None:
    talk = Talk(lambda _: httpx.Response(200, json={"a": 1}))
    client = talk.client(secrets={"token": "hush-hush"})

    client.send("GET", ROOT + "hush-hush", params={"q": "private"})

    (exchange,) = client.recorder.exchanges
    assert (exchange.method, exchange.status, exchange.size_bytes) == ("GET", 200, 7)
    assert exchange.url == ROOT + "•••?q=…"


def test_a_client_that_is_tried_out_shares_nothing() -> None:
    one, other = (
        client_for("", endpoint=ROOT, policy=EgressPolicy(), secrets=["hush-hush"])
        for _ in range(2)
    )

    assert one.line is not other.line
    assert "hush" not in repr(one)


def test_a_deadline_binds_only_inside() -> None:
    times = iter([10.0, 11.5])
    with until(Deadline(12.0, lambda: next(times))):
        assert allowed(5.0) == 2.0
        assert allowed(None) == 0.5
    assert allowed(5.0) == 5.0
    assert allowed(None) is None


def test_nothing_is_read_or_written_after_the_deadline() -> None:
    stream = BoundStream(httpcore.MockStream([b"late"]))

    with until(Deadline(1.0, lambda: 2.0)):
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(10)
        with pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x")
    assert stream.read(10) == b"late"


def test_an_odd_token_url_is_the_configs_fault() -> None:
    class Odd(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            yield httpx.Request("POST", "https://login.example:bad/")

    with pytest.raises(RemoteError) as caught:
        Talk(ok).client().send("GET", ROOT, auth=Odd())

    assert caught.value.kind is ErrorKind.CONFIG


def test_an_answer_is_gone_as_soon_as_nobody_holds_it() -> None:
    """Pages are large, and a run looks for garbage in circles only now and then."""
    client = Talk(ok).client()
    gc.disable()
    try:
        answer = weakref.ref(client.send("GET", ROOT))
    finally:
        gc.enable()

    assert answer() is None
