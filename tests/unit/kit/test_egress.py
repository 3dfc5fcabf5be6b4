"""Addresses are judged by what they lead to; the allow list makes exceptions, and few."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from connections.kit.clock import Deadline, until
from connections.kit.egress import EgressPolicy, Permit, resolve
from connections.kit.errors import ErrorKind, RemoteError
from tests.every import every

NOBODY = EgressPolicy()


@every(
    ("address", "reason"),
    [
        ("127.0.0.1", "a loopback address"),
        ("127.255.0.3", "a loopback address"),
        ("::1", "a loopback address"),
        ("10.0.0.1", "a private address"),
        ("172.31.255.255", "a private address"),
        ("192.168.1.1", "a private address"),
        ("100.64.0.1", "a reserved address"),
        ("fd12::1", "a private address"),
        ("fec0::1", "a private address"),
        ("169.254.10.10", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("169.254.169.254", "a metadata address"),
        ("fd00:ec2::254", "a metadata address"),
        ("224.0.0.251", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("0.0.0.0", "an unspecified address"),
        ("::", "an unspecified address"),
        ("255.255.255.255", "a private address"),
        ("240.0.0.1", "a private address"),
        ("198.18.0.1", "a private address"),
        ("2001:db8::1", "a private address"),
        ("::ffff:10.0.0.1", "a private address"),
        ("::ffff:169.254.169.254", "a metadata address"),
        ("64:ff9b::7f00:1", "a loopback address"),
        ("64:ff9b::808:808", "an IPv4 address in disguise"),
        ("2002:7f00:1::", "a loopback address"),
        ("2002:808:808::1", "an IPv4 address in disguise"),
        ("::ffff:8.8.8.8", "an IPv4 address in disguise"),
        ("::7f00:1", "a loopback address"),
    ],
)
def test_forbidden_addresses_have_a_name(address: str, reason: str) -> None:
    assert NOBODY.objection("erp.example", 443, address) == reason


@every("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_are_open(address: str) -> None:
    assert NOBODY.objection("erp.example", 443, address) is None


@every(
    ("allow", "host", "port", "address", "admitted"),
    [
        ("127.0.0.1:8123", "localhost", 8123, "127.0.0.1", True),
        ("127.0.0.1:8123", "localhost", 8124, "127.0.0.1", False),
        ("127.0.0.1:8123", "localhost", 8123, "127.0.0.2", False),
        ("127.0.0.1", "localhost", 9, "127.0.0.1", True),
        ("10.1.0.0/16", "erp", 443, "10.1.200.3", True),
        ("10.1.0.0/16", "erp", 443, "10.2.0.1", False),
        ("10.1.0.0/16:443", "erp", 443, "10.1.0.1", True),
        ("10.1.0.0/16:443", "erp", 80, "10.1.0.1", False),
        ("[fd00::1]:443", "erp", 443, "fd00::1", True),
        ("fd00::/8", "erp", 80, "fd12::9", True),
        ("::1", "erp", 80, "::1", True),
        ("erp.example.com:443", "ERP.example.com.", 443, "10.0.0.1", True),
        ("erp.example.com:443", "erp.example.com", 80, "10.0.0.1", False),
        ("erp.example.com", "evil.example.com", 443, "10.0.0.1", False),
        ("erp.example.com", "erp.example.com", 443, "127.0.0.1", True),
        # A name does not open the metadata service, nor does a wide network.
        ("erp.example.com", "erp.example.com", 80, "169.254.169.254", False),
        ("erp.example.com", "erp.example.com", 80, "169.254.1.1", False),
        ("erp.example.com", "erp.example.com", 80, "0.0.0.0", False),
        ("erp.example.com", "erp.example.com", 80, "224.0.0.1", False),
        ("0.0.0.0/0, ::/0", "erp", 80, "169.254.169.254", False),
        ("0.0.0.0/0, ::/0", "erp", 80, "64:ff9b::a9fe:a9fe", False),
        ("0.0.0.0/0, ::/0", "erp", 80, "10.0.0.1", True),
        ("169.254.169.254", "meta", 80, "169.254.169.254", True),
        ("127.0.0.1", "mapped", 80, "::ffff:127.0.0.1", True),
    ],
)
def test_the_allow_list(allow: str, host: str, port: int, address: str, admitted: bool) -> None:
    policy = EgressPolicy.parse(allow)

    assert (policy.objection(host, port, address) is None) is admitted


def test_an_allow_list_may_be_empty_or_long() -> None:
    assert EgressPolicy.parse("  ") == NOBODY
    assert len(EgressPolicy.parse("127.0.0.1:1, 10.0.0.0/8\n erp;").permits) == 3


@every("text", ["10.0.0.0/33", "a b/c", "http://x", "erp:0", "erp:99999", "*.x"])
def test_an_entry_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"no host|no port"):
        Permit.parse(text)


def test_of_several_addresses_the_good_ones_are_taken() -> None:
    addresses = ["10.0.0.1", "8.8.8.8", "::1"]

    assert NOBODY.admitted("erp.example", 443, addresses) == ["8.8.8.8"]


def test_a_refusal_names_the_host_and_hides_the_inner_address() -> None:
    with pytest.raises(RemoteError) as caught:
        NOBODY.admitted("erp.internal", 443, ["10.7.7.7"])

    assert caught.value.kind is ErrorKind.EGRESS
    assert "erp.internal:443 is a private address" in caught.value.message
    assert "10.7.7.7" not in caught.value.message
    assert caught.value.detail["addresses"] == ["10.7.7.7"]


def answers(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_names_are_resolved_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(
        monkeypatch,
        lambda: [
            (2, 1, 6, "", ("8.8.8.8", 443)),
            (10, 1, 6, "", ("::1", 443)),
            (2, 1, 6, "", ("8.8.8.8", 443)),
        ],
    )

    assert resolve("erp.example", 443) == ["8.8.8.8", "::1"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), ErrorKind.CONFIG),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), ErrorKind.TRANSIENT),
        (UnicodeError("label too long"), ErrorKind.CONFIG),
    ],
)
def test_names_that_cannot_be_resolved(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, kind: ErrorKind
) -> None:
    answers(monkeypatch, failure)

    with pytest.raises(RemoteError, match=r"erp\.example") as caught:
        resolve("erp.example", 443)

    assert caught.value.kind is kind


def test_a_slow_name_service_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = threading.Event()
    answers(monkeypatch, lambda: [hung.wait(5)][1:])

    started = time.monotonic()
    with (
        until(Deadline(started + 0.05, time.monotonic)),
        pytest.raises(RemoteError) as caught,
    ):
        resolve("erp.example", 443)
    hung.set()

    assert time.monotonic() - started < 2
    assert caught.value.kind is ErrorKind.TRANSIENT
