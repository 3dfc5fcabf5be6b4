"""The clerk: edits and resets over HTTP, from the command line and from manage.py."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from syncapp import canonical
from syncapp.demo.erp.__main__ import main
from tests.demo_erp import DemoErp

PARTNERS = "/odata/v4/BusinessPartners"


@dataclass(frozen=True)
class Done:
    code: object
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; in this process, which is quicker than a new one."""

    def call(*arguments: str) -> Done:
        try:
            code: object = main(arguments)
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


def partners(erp: DemoErp) -> dict[str, Any]:
    found: dict[str, Any] = {}
    target = PARTNERS
    while target:
        page = erp.send("GET", target).json
        found |= {row["CardCode"]: row for row in page["value"]}
        target = page.get("@odata.nextLink", "")
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """Tell which fields of which records differ."""
    return {
        key: {name for name in row if row[name] != before[key][name]}
        for key, row in after.items()
        if row != before.get(key)
    }


COMPUTED = {"@odata.etag", "LastModified"}


def test_three_partners_are_changed_and_named(erp: DemoErp, run: Run) -> None:
    before = partners(erp)

    done = run("edit", "--url", erp.url, "--count", "3")

    changes = changed(before, partners(erp))
    assert done.code == 0, done.err
    assert {line.split()[0] for line in done.out.splitlines()} == set(changes)
    fields = [sorted(names - COMPUTED) for names in changes.values()]
    assert sorted(fields) == [["BillTo"], ["CreditLimit"], ["Phone1"]]
    assert all(names >= COMPUTED for names in changes.values())


def test_the_next_edit_takes_other_partners(erp: DemoErp, run: Run) -> None:
    first = run("edit", "--url", erp.url, "--count", "2")
    second = run("edit", "--url", erp.url, "--count", "2")

    keys = {line.split()[0] for line in (first.out + second.out).splitlines()}
    assert len(keys) == 4


def test_reset_puts_back_what_people_did(erp: DemoErp, run: Run) -> None:
    run("reset", "--url", erp.url)
    before = partners(erp)
    run("edit", "--url", erp.url, "--count", "5")
    erp.send("DELETE", f"{PARTNERS}('C00001')")
    new = {"CardCode": "X1", "CardName": "x", "CardType": "Lead", "Currency": "EUR"}
    erp.send("POST", PARTNERS, new)
    erp.send("PATCH", f"{PARTNERS}('C00002')", {"BillTo": None, "ContactEmployees": []})

    done = run("reset", "--url", erp.url)

    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 8
    after = partners(erp)
    assert after.keys() == before.keys()
    assert all(names <= COMPUTED | {"Balance"} for names in changed(before, after).values())
    assert run("reset", "--url", erp.url).out == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("edit", "--url", "http://127.0.0.1:1"), "does not answer"),
        (("edit", "--url", "ftp://127.0.0.1"), "is not an http address"),
        (("edit", "--url", "http://[::1"), "is not an http address"),
        (("edit", "--url", "{url}", "--password", "wrong"), "answered 401"),
        (("edit", "--url", "{url}", "--count", "0"), "from 1 to 1000"),
        (("reset",), "--url"),
        ((), "--state"),
    ],
)
def test_what_cannot_be_done_is_said(
    erp: DemoErp, run: Run, arguments: Sequence[str], says: str
) -> None:
    done = run(*(argument.format(url=erp.url) for argument in arguments))

    assert done.code != 0
    assert says in done.err


def test_a_port_in_use_and_a_strange_file_are_said(
    erp: DemoErp, run: Run, tmp_path: Path
) -> None:
    strange = tmp_path / "strange"
    strange.write_text("my diary\n")

    taken = run("--port", str(erp.address[1]), "--state", str(tmp_path / "new"))
    diary = run("--state", str(strange))

    assert taken.code == diary.code == 1
    assert "Cannot listen" in taken.err
    assert "is no edit" in diary.err
    assert strange.read_text() == "my diary\n"


def test_it_knows_nothing_of_the_framework() -> None:
    script = (
        "import sys, syncapp.demo.erp.__main__\n"
        "print(sorted({'django', 'celery', 'httpx', 'lxml'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_manage_finds_the_demo_erp_of_its_installation(
    erp: DemoErp,
    tmp_path: Path,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    run: Run,
) -> None:
    settings.SYNCAPP_STATE = tmp_path
    address = erp.url.removesuffix("/odata/v4/")
    (tmp_path / "demo.json").write_bytes(canonical.dumps({"demo_erp_url": address}))

    run("reset", "--url", erp.url)
    call_command("demo", "edit-erp", "--count", "3")
    assert len(capsys.readouterr().out.splitlines()) == 3
    call_command("demo", "reset-erp")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_manage_says_what_is_missing(tmp_path: Path, settings: Settings) -> None:
    settings.SYNCAPP_STATE = tmp_path

    with pytest.raises(CommandError, match="does not say the demo_erp_url"):
        call_command("demo", "edit-erp")
    with pytest.raises(CommandError, match="from 1 to 1000"):
        call_command("demo", "edit-erp", "--count", "0")
    with pytest.raises(CommandError, match="does not answer"):
        call_command("demo", "edit-erp", "--url", "http://127.0.0.1:1")
