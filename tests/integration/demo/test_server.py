"""The demo ERP as a process: HTTP in good and bad manners, crashes, faults."""

from __future__ import annotations

import socket
import threading
import time
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncapp import canonical
from tests import demo_erp
from tests.demo_erp import DemoErp

PARTNERS = "/odata/v4/BusinessPartners"
LOGIN = "Authorization: Basic c3luY2FwcDpkZW1v\r\n"


def collect(erp: DemoErp, target: str, size: int = 1000) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while target:
        page = erp.send("GET", target, headers={"Prefer": f"odata.maxpagesize={size}"}).json
        found += page["value"]
        target = page.get("@odata.nextLink", "")
    return found


def talk(erp: DemoErp, request: bytes) -> bytes:
    """Send bytes and read until the server hangs up."""
    with socket.create_connection(erp.address, timeout=5) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
        return answer


def test_everything_can_be_read_by_following_links(erp: DemoErp) -> None:
    partners = collect(erp, PARTNERS)
    items = collect(erp, "/odata/v4/Items", size=700)

    assert [row["CardCode"] for row in partners] == [f"C{n:05}" for n in range(1, 2001)]
    assert len({row["ItemCode"] for row in items}) == len(items) == 5000


def test_an_answer_carries_the_time_and_the_version(erp: DemoErp) -> None:
    headers = erp.send("GET", "/odata/v4/").headers

    assert headers["Date"].endswith("GMT")
    assert headers["OData-Version"] == "4.0"
    assert headers["Content-Type"].startswith("application/json")


def test_a_wrong_password_is_asked_for_again(erp: DemoErp) -> None:
    reply = erp.send("GET", PARTNERS, password="wrong")

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_connection_serves_many_requests(erp: DemoErp) -> None:
    connection = HTTPConnection(*erp.address, timeout=5)
    connection.connect()
    own = connection.sock.getsockname()

    for _ in range(5):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
        assert connection.sock.getsockname() == own
    connection.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /odata/v4/ HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/x\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"BREW /odata/v4/ HTTP/1.1\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\nshort", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"GET //[ HTTP/1.1\r\nHost: [\r\n\r\n", 404),
        (b"GET /odata/v4/\xff%ff%00 HTTP/1.1\r\n" + LOGIN.encode() + b"\r\n", 404),
        (b"GET /odata/v4/Items?%ff=%ff HTTP/1.1\r\n" + LOGIN.encode() + b"\r\n", 400),
    ],
)
def test_bad_manners_get_an_answer_and_harm_nobody(
    erp: DemoErp, request_bytes: bytes, status: int
) -> None:
    answer = talk(erp, request_bytes)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode()
    assert canonical.loads(body)["error"]["message"]
    assert erp.send("GET", "/odata/v4/").status == 200


def test_a_client_that_leaves_harms_nobody(erp: DemoErp) -> None:
    request = f"GET {PARTNERS} HTTP/1.1\r\nPrefer: odata.maxpagesize=1000\r\n{LOGIN}\r\n"
    for _ in range(5):
        client = socket.create_connection(erp.address, timeout=5)
        client.sendall(request.encode())
        client.close()

    assert erp.send("GET", "/odata/v4/").status == 200


def test_head_has_no_body(erp: DemoErp) -> None:
    reply = erp.send("HEAD", PARTNERS)

    assert (reply.status, reply.body) == (405, b"")


def test_edits_outlive_a_crash(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    record = f"{PARTNERS}('C00007')"
    with demo_erp.running(state) as erp:
        for number in range(50):
            assert erp.send("PATCH", record, {"Notes": f"edit {number}"}).status == 204
        assert erp.send("DELETE", f"{PARTNERS}('C00008')").status == 204
        before = erp.send("GET", record).json
        erp.kill()

    with demo_erp.running(state) as erp:
        after = erp.send("GET", record).json
        assert {name: after[name] for name in after if name != "@odata.context"} == {
            name: before[name] for name in before if name != "@odata.context"
        }
        assert after["Notes"] == "edit 49"
        assert erp.send("GET", f"{PARTNERS}('C00008')").status == 404
        assert erp.send("GET", f"{PARTNERS}/$count").body == b"1999"


def test_a_crash_amid_edits_loses_none_that_was_acknowledged(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    acknowledged: list[int] = []
    with demo_erp.running(state) as erp:

        def edit() -> None:
            try:
                for number in range(1, 100_000):
                    change = {"PayTermsGrpCode": number}
                    if erp.send("PATCH", f"{PARTNERS}('C00001')", change).status == 204:
                        acknowledged.append(number)
            except (OSError, RemoteDisconnected):
                pass

        writer = threading.Thread(target=edit)
        writer.start()
        while len(acknowledged) < 100:
            time.sleep(0.005)
        erp.kill()
        writer.join(10)

    with demo_erp.running(state) as erp:
        found = erp.send("GET", f"{PARTNERS}('C00001')").json["PayTermsGrpCode"]
    assert found in {acknowledged[-1], acknowledged[-1] + 1}


def test_parallel_edits_are_all_kept_in_order(erp: DemoErp) -> None:
    def edit(worker: int) -> None:
        for place in range(20):
            key = f"C{1 + worker * 20 + place:05}"
            erp.send("PATCH", f"{PARTNERS}('{key}')", {"Notes": "seen"})

    workers = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    changed = collect(erp, f"{PARTNERS}?$filter=Notes%20eq%20'seen'", size=7)
    assert [row["CardCode"] for row in changed] == [f"C{n:05}" for n in range(1, 81)]
    assert len({row["LastModified"] for row in changed}) == 80


def test_only_changes_since_a_moment_are_found(erp: DemoErp) -> None:
    newest = f"{PARTNERS}?$orderby=LastModified%20desc&$top=1"
    since = erp.send("GET", newest).json["value"][0]["LastModified"]
    erp.send("PATCH", f"{PARTNERS}('C00042')", {"Notes": "x"})

    changed = collect(erp, f"{PARTNERS}?$filter=LastModified%20gt%20{since}")

    assert [row["CardCode"] for row in changed] == ["C00042"]


def test_the_door_is_shut_unless_asked_for(tmp_path: Path) -> None:
    with demo_erp.running(tmp_path / "state.json", faults=False) as erp:
        for method, path in (("POST", "/_faults"), ("GET", "/_ledger")):
            assert erp.send(method, path, {"kind": "error"}).status == 404
        assert erp.send("GET", PARTNERS).status == 200
    assert erp.process.returncode == 0


def test_faults_meet_the_requests_they_were_ordered_for(erp: DemoErp) -> None:
    erp.order("limit", seconds=3)
    erp.order("error")
    erp.order("html")
    erp.order("cut", after=1)

    replies = [erp.send("GET", f"{PARTNERS}?$top=2") for _ in range(6)]

    assert [reply.status for reply in replies] == [429, 500, 200, 200, 200, 200]
    assert replies[0].headers["Retry-After"] == "3"
    assert replies[2].body.startswith(b"<!DOCTYPE html>")
    assert len(replies[3].json["value"]) == 2
    with pytest.raises(canonical.type_errors):
        _ = replies[4].json
    assert len(replies[5].json["value"]) == 2


def test_a_dropped_answer_follows_a_granted_request(erp: DemoErp) -> None:
    erp.order("drop")
    new = {"CardCode": "X1", "CardName": "x", "CardType": "Lead", "Currency": "EUR"}

    with pytest.raises(Exception, match="IncompleteRead"):
        erp.send("POST", PARTNERS, new)

    assert erp.send("DELETE", f"{PARTNERS}('X1')").status == 204


def test_a_page_can_lead_back_to_itself(erp: DemoErp) -> None:
    erp.order("repeat")
    asked = f"{PARTNERS}?$top=2"

    link = erp.send("GET", asked).json["@odata.nextLink"]

    assert urlsplit(link)._replace(scheme="", netloc="").geturl() == asked


def test_a_slow_answer_takes_its_time(erp: DemoErp) -> None:
    erp.order("slow", seconds=0.3)
    started = time.monotonic()

    assert erp.send("GET", "/odata/v4/").status == 200

    assert time.monotonic() - started >= 0.3


def test_the_ledger_knows_every_request(erp: DemoErp) -> None:
    n_before = len(erp.ledger())
    erp.send("GET", f"{PARTNERS}?$top=1")
    erp.send("GET", "/odata/v4/Nothing")
    erp.send("DELETE", f"{PARTNERS}('C00001')", password="wrong")

    seen = [
        (entry["method"], entry["path"], entry["status"]) for entry in erp.ledger()[n_before:]
    ]

    assert seen == [
        ("GET", f"{PARTNERS}?$top=1", 200),
        ("GET", "/odata/v4/Nothing", 404),
        ("DELETE", f"{PARTNERS}('C00001')", 401),
    ]
    assert all(entry["at"] > 1e9 and entry["elapsed_ms"] >= 0 for entry in erp.ledger())
