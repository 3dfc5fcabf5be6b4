"""The HTTP client on a real network, with servers that misbehave."""

from __future__ import annotations

import gzip
import logging
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connections.kit import lines
from connections.kit.answers import json_of
from connections.kit.auth import Basic
from connections.kit.clock import Clock
from connections.kit.egress import EgressPolicy
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.http import HttpClient, client_for
from connections.kit.lines import Bounds, Line, close_lines
from connections.kit.transport import GuardedTransport
from tests.contract.servers import App, Reply, Request, Server, dripping, self_signed, serving

QUICK = Bounds(connect_s=2, read_s=1, total_s=2, wait_s=1)
LOOPBACK = EgressPolicy.parse("127.0.0.1")


class Sleeper:
    """A clock that does not wait, but remembers for how long it was asked to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def clock(self) -> Clock:
        return Clock(sleep=self.slept.append, random=lambda: 1.0)


@pytest.fixture(autouse=True)
def _fresh_lines() -> Iterator[None]:
    yield
    close_lines()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    with_servers: list[Any] = []

    def start(app: App, tls: Any = None) -> Server:
        manager = serving(app, tls)
        server = manager.__enter__()
        with_servers.append(manager)
        return server

    yield start
    for manager in with_servers:
        manager.__exit__(None, None, None)


def client(endpoint: str, policy: EgressPolicy = LOOPBACK, **more: Any) -> HttpClient:
    made = client_for("", endpoint=endpoint, policy=policy, **more)
    made.bounds = QUICK
    made.clock = Sleeper().clock()
    return made


def fails(made: HttpClient, method: str = "GET", path: str = "/", **more: Any) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        made.send(method, made.endpoint.rstrip("/") + path, **more)
    return caught.value


def said(made: HttpClient) -> list[int | None]:
    return [exchange.status for exchange in made.recorder.exchanges]


def test_sends_and_gives_the_answer(serve: Callable[..., Server]) -> None:
    server = serve(lambda request: Reply(json={"asked": request.target}))

    response = client(server.url).send(
        "POST",
        server.url + "/a?x=1",
        params={"$filter": "n eq 'ü + &'", "none": ""},
        json={"n": 1},
    )

    assert response.status_code == 200
    request = server.requests[0]
    assert request.query == {"x": "1", "$filter": "n eq 'ü + &'"}
    assert "$filter=n%20eq%20" in request.target
    assert "%2B" in request.target
    assert request.json == {"n": 1}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "syncapp"


def test_clients_of_an_account_share_their_connection(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(json={}))
    first = client_for("7:1", endpoint=server.url, policy=LOOPBACK)
    second = client_for("7:1", endpoint=server.url, policy=LOOPBACK)
    stranger = client_for("8:1", endpoint=server.url, policy=LOOPBACK)

    for made in (first, second, first):
        made.send("GET", server.url)
    assert server.connections == 1

    stranger.send("GET", server.url)
    assert server.connections == 2


def test_the_oldest_line_falls_out_but_stays_open_for_its_user(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda _: Reply(json={}))
    monkeypatch.setattr(lines, "_most_lines", 1)
    first = client_for("1:1", endpoint=server.url, policy=LOOPBACK)
    client_for("1:2", endpoint=server.url, policy=LOOPBACK)

    assert first.send("GET", server.url).status_code == 200
    assert client_for("1:1", endpoint=server.url, policy=LOOPBACK).line is not first.line


def test_a_forked_process_begins_with_lines_of_its_own() -> None:
    line = lines.line_for("1:1", LOOPBACK)

    lines._after_fork()

    assert lines.line_for("1:1", LOOPBACK) is not line


def test_keeps_no_cookies(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(json={}, headers={"Set-Cookie": "session=mine; Path=/"}))
    made = client(server.url)

    made.send("GET", server.url)
    made.send("GET", server.url)

    assert "Cookie" not in server.requests[1].headers


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("http://127.0.0.1/", "loopback"),
        ("http://localhost/", "loopback"),
        ("http://2130706433/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://10.1.2.3/", "private"),
        ("http://192.168.0.1:8080/", "private"),
        ("http://172.16.0.1/", "private"),
        ("http://[fd00::1]/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "metadata"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://169.254.1.1/", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("http://224.0.0.1/", "multicast"),
        ("http://0.0.0.0/", "unspecified"),
        ("http://[::ffff:127.0.0.1]/", "loopback"),
        ("http://[64:ff9b::a00:1]/", "private"),
        ("http://[2002:a9fe:a9fe::1]/", "metadata"),
    ],
)
def test_forbidden_addresses_are_refused_before_anything_is_sent(
    endpoint: str, reason: str
) -> None:
    error = fails(client(endpoint, EgressPolicy()), path="")

    assert error.kind is ErrorKind.EGRESS
    assert reason in error.message
    assert not error.sent


def test_the_allow_list_admits_one_port_and_no_other(serve: Callable[..., Server]) -> None:
    server, other = serve(lambda _: Reply(json={})), serve(lambda _: Reply(json={}))
    policy = EgressPolicy.parse(f"127.0.0.1:{server.port}")

    assert client(server.url, policy).send("GET", server.url).status_code == 200
    assert fails(client(other.url, policy)).kind is ErrorKind.EGRESS
    assert other.requests == []


def test_a_name_that_changes_its_mind_is_pinned(serve: Callable[..., Server]) -> None:
    """DNS rebinding: the address that was judged is the one that is used."""
    server = serve(lambda _: Reply(json={"secret": "of the inner network"}))
    answers = [["203.0.113.7"], ["127.0.0.1"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    endpoint = f"http://rebind.example:{server.port}"
    policy = EgressPolicy.parse("203.0.113.7")  # a documentation address that leads nowhere
    made = HttpClient(
        endpoint=endpoint,
        line=Line(GuardedTransport(policy, resolver=resolver)),
        bounds=Bounds(connect_s=0.3, total_s=1, tries=1),
    )

    first, second = fails(made), fails(made)

    assert first.kind is ErrorKind.TRANSIENT  # it went to 203.0.113.7, and nobody is there
    assert second.kind is ErrorKind.EGRESS  # each connection is judged anew
    assert server.requests == []
    assert len(asked) == 2


def test_the_name_stays_in_the_request_when_its_address_is_pinned(
    serve: Callable[..., Server],
) -> None:
    server = serve(lambda request: Reply(json={"host": request.headers["Host"]}))
    endpoint = f"http://erp.example:{server.port}"
    line = Line(GuardedTransport(LOOPBACK, resolver=lambda host, port: ["127.0.0.1"]))

    response = HttpClient(endpoint=endpoint, line=line).send("GET", endpoint)

    assert json_of(response) == {"host": f"erp.example:{server.port}"}


def test_the_next_address_is_tried_when_one_does_not_answer(
    serve: Callable[..., Server],
) -> None:
    server = serve(lambda _: Reply(json={}))
    endpoint = f"http://erp.example:{server.port}"
    policy = EgressPolicy.parse("127.0.0.0/8")
    addresses = ["10.0.0.1", "127.0.0.9", "127.0.0.1"]
    line = Line(GuardedTransport(policy, resolver=lambda host, port: addresses))

    assert HttpClient(endpoint=endpoint, line=line).send("GET", endpoint).status_code == 200


def test_an_unknown_host_is_named() -> None:
    error = fails(client("https://erp.nowhere.invalid/", EgressPolicy()), path="")

    assert error.kind is ErrorKind.CONFIG
    assert "There is no host erp.nowhere.invalid" in error.message


def test_a_refused_connection_passes_and_was_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    error = fails(client(f"http://127.0.0.1:{port}/"), "POST", "")

    assert error.kind is ErrorKind.TRANSIENT
    assert "refused the connection" in error.message
    assert not error.sent


def test_a_self_signed_certificate_is_refused_until_it_is_trusted(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path)
    server = serve(lambda _: Reply(json={}), certificate.context)

    error = fails(client(server.url))

    assert error.kind is ErrorKind.CONFIG
    assert "self-signed" in error.message
    assert "CA certificate" in error.message
    trusting = client(server.url, ca_certificate=certificate.pem)
    assert trusting.send("GET", server.url).status_code == 200
    assert trusting.handshake().startswith("TLSv1.")


@pytest.mark.parametrize(
    ("name", "expired", "problem"),
    [("elsewhere.example", False, "another"), ("127.0.0.1", True, "expired")],
)
def test_what_is_wrong_with_a_certificate_is_said(
    serve: Callable[..., Server], tmp_path: Path, name: str, expired: bool, problem: str
) -> None:
    certificate = self_signed(tmp_path, name=name, expired=expired)
    server = serve(lambda _: Reply(json={}), certificate.context)
    made = client(server.url, ca_certificate=certificate.pem)

    error = fails(made)
    with pytest.raises(RemoteError) as shaken:
        made.handshake()

    assert error.kind is ErrorKind.CONFIG
    assert problem in error.message
    assert shaken.value.message == error.message


def test_tls_to_a_port_that_does_not_speak_it(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(json={}))

    error = fails(client(f"https://{server.host}/"), path="")

    assert error.kind is ErrorKind.CONFIG
    assert "does not speak TLS" in error.message


def test_a_handshake_that_nobody_answers_ends() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        made = client(f"https://127.0.0.1:{silent.getsockname()[1]}/")
        made.bounds = Bounds(connect_s=0.2)

        with pytest.raises(RemoteError) as caught:
            made.handshake()

    assert caught.value.kind is ErrorKind.TRANSIENT


def test_a_broken_ca_certificate_is_named() -> None:
    with pytest.raises(RemoteError, match="CA certificate is not readable"):
        client("https://erp.example/", ca_certificate="-----BEGIN CERTIFICATE-----\nno\n")


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "],
    ids=["body", "headers"],
)
def test_a_dripping_server_does_not_hold_us(
    serve: Callable[..., Server], beginning: bytes
) -> None:
    server = serve(lambda _: dripping(beginning, b"x"))
    made = client(server.url)
    made.bounds = Bounds(read_s=1, total_s=0.4, tries=3)
    started = time.monotonic()

    error = fails(made)

    assert time.monotonic() - started < 1.5
    assert error.kind is ErrorKind.TRANSIENT
    assert len(server.requests) == 1  # the deadline holds for all tries together


def test_a_silent_server_is_given_up(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: dripping(b"", b"", pause=0.2, most=10))
    made = client(server.url)
    made.bounds = Bounds(read_s=0.1, total_s=5, tries=1)

    error = fails(made, "PATCH")

    assert error.kind is ErrorKind.TRANSIENT
    assert "did not finish its answer" in error.message
    assert error.sent


def test_a_server_that_does_not_read_meets_the_deadline() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        made = client(f"http://127.0.0.1:{silent.getsockname()[1]}")
        made.bounds = Bounds(connect_s=1, read_s=5, total_s=0.4)

        error = fails(made, "POST", content=b"x" * 30_000_000)

    assert error.kind is ErrorKind.TRANSIENT
    assert error.sent


def _endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["
    while True:
        yield b"1," * 30_000


@pytest.mark.parametrize(
    "reply",
    [
        Reply(pieces=_endless),
        Reply(body=b"[" + b"1," * 1_500_000 + b"1]"),
        Reply(body=gzip.compress(b" " * 50_000_000, 1), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["endless", "announced", "gzip bomb"],
)
def test_a_body_that_is_too_large_is_bounded(
    serve: Callable[..., Server], reply: Reply
) -> None:
    server = serve(lambda _: reply)
    line = Line(GuardedTransport(LOOPBACK), max_bytes=2_000_000)
    made = HttpClient(endpoint=server.url, line=line, bounds=QUICK)

    error = fails(made)

    assert error.kind is ErrorKind.BAD_RESPONSE
    assert "more than 2 MB" in error.message
    assert not error.sent
    assert fails(made, "POST").sent


def test_packed_answers_are_unpacked(serve: Callable[..., Server]) -> None:
    server = serve(
        lambda _: Reply(
            body=gzip.compress(b'{"a":') + gzip.compress(b"1.10}"),
            headers={"Content-Encoding": "gzip"},
        )
    )

    response = client(server.url).send("GET", server.url)

    assert response.content == b'{"a":1.10}'
    assert "gzip" in server.requests[0].headers["Accept-Encoding"]


def test_safe_requests_are_repeated_with_growing_pauses(serve: Callable[..., Server]) -> None:
    replies = iter([Reply(502), Reply(503), Reply(json={})])
    server = serve(lambda _: next(replies))
    made, sleeper = client(server.url), Sleeper()
    made.clock = sleeper.clock()
    made.bounds = Bounds()

    assert made.send("GET", server.url).status_code == 200
    assert sleeper.slept == [1.0, 2.0]
    assert said(made) == [502, 503, 200]


def test_unsafe_requests_are_sent_once(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(502))

    error = fails(client(server.url), "POST")

    assert len(server.requests) == 1
    assert error.sent


def test_a_request_may_be_declared_safe(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(502))

    error = fails(client(server.url), "POST", safe=True)

    assert len(server.requests) == 3
    assert not error.sent


def test_a_short_wait_is_waited_and_a_long_one_reported(serve: Callable[..., Server]) -> None:
    replies = iter(
        [
            Reply(429, headers={"Retry-After": "1"}),
            Reply(429, headers={"Retry-After": "120"}),
        ]
    )
    server = serve(lambda _: next(replies))
    made, sleeper = client(server.url), Sleeper()
    made.clock = sleeper.clock()

    error = fails(made)

    assert sleeper.slept == [1.0]
    assert error.kind is ErrorKind.RATE
    assert error.retry_after == timedelta(seconds=120)


def test_a_redirect_inside_is_followed(serve: Callable[..., Server]) -> None:
    def app(request: Request) -> Reply:
        if request.path == "/a":
            return Reply(302, headers={"Location": "b"})
        return Reply(json={"seen": request.headers.get("Authorization")})

    server = serve(app)

    response = client(server.url).send("GET", server.url + "/a", auth=Basic("u", "pass"))

    assert server.requests[1].path == "/b"
    assert json_of(response)["seen"].startswith("Basic ")


def test_a_redirect_to_another_host_is_not_followed(serve: Callable[..., Server]) -> None:
    other = serve(lambda _: Reply(json={}))
    server = serve(lambda _: Reply(302, headers={"Location": f"{other.url}/x?token=1"}))

    error = fails(client(server.url), auth=Basic("u", "pass"))

    assert error.kind is ErrorKind.CONFIG
    assert f"sends us on to {other.url}/x" in error.message
    assert other.requests == []


@pytest.mark.parametrize("location", ["http://10.0.0.1/", "//10.0.0.1/", "file:///etc/passwd"])
def test_redirects_into_the_inner_network_are_not_followed(
    serve: Callable[..., Server], location: str
) -> None:
    server = serve(lambda _: Reply(302, headers={"Location": location}))

    assert fails(client(server.url)).kind is ErrorKind.CONFIG


def test_a_write_is_never_redirected(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(307, headers={"Location": "/b"}))

    error = fails(client(server.url), "POST", "/a", json={"n": 1})

    assert error.kind is ErrorKind.CONFIG
    assert not error.sent
    assert len(server.requests) == 1


def test_redirects_in_circles_end(serve: Callable[..., Server]) -> None:
    server = serve(lambda _: Reply(302, headers={"Location": "/again"}))

    error = fails(client(server.url))

    assert error.kind is ErrorKind.BAD_RESPONSE
    assert len(server.requests) == 4


def test_a_request_that_leaves_the_endpoint_is_refused(serve: Callable[..., Server]) -> None:
    server, other = serve(lambda _: Reply(json={})), serve(lambda _: Reply(json={}))

    with pytest.raises(RemoteError) as caught:
        client(server.url).send("GET", other.url + "/x", auth=Basic("u", "pass"))

    assert caught.value.kind is ErrorKind.EGRESS
    assert other.requests == []


def test_a_server_that_breaks_off_passes(serve: Callable[..., Server]) -> None:
    def half() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"

    server = serve(lambda _: Reply(pieces=half))

    error = fails(client(server.url), "POST")

    assert error.kind is ErrorKind.TRANSIENT
    assert error.sent
    assert "broke off" in error.message


def test_secrets_stay_out_of_log_recorder_message_and_repr(
    serve: Callable[..., Server], caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2-of-acme"
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore.connection", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, logger=name)
    server = serve(
        lambda request: Reply(
            400,
            json={"message": f"not {request.headers['Authorization']} nor {secret}"},
            headers={"Set-Cookie": "session=cookie-of-acme"},
        )
    )
    made = client(server.url, secrets=[secret])

    error = fails(made, path=f"/x?key={secret}", auth=Basic("acme", secret))

    shown = [error.message, repr(error), str(error.detail), repr(made), caplog.text]
    shown += [repr(exchange) for exchange in made.recorder.exchanges]
    text = "\n".join(shown)
    assert "•••" in error.message
    assert secret not in text
    assert "YWNtZTpodW50ZXIyLW9mLWFjbWU=" not in text
    assert "cookie-of-acme" not in text
    assert error.__context__ is None
