"""Commands of the operators."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from syncapp.tenants import door
from syncapp.tenants.models import AuditEntry, Membership, Tenant, User


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_tenants_life(stage: None) -> None:
    run("tenant", "create", "acme", "--name", "Acme", "--admin", "ada@acme.test")
    with door.platform():
        tenant = Tenant.objects.get(slug="acme")
        [member] = Membership.objects.for_tenant(tenant).select_related("user", "profile")
        [entry] = AuditEntry.objects.for_tenant(tenant).filter(kind="user")
    assert (member.user.email, member.profile.name) == ("ada@acme.test", "Administrator")
    assert entry.actor == "command line"

    run("tenant", "suspend", "acme", "--reason", "audit")
    assert "suspended" in run("tenant", "list")
    run("tenant", "resume", "acme")
    assert "active" in run("tenant", "list")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        run("tenant", "delete", "acme", "--confirm", "globex")
    run("tenant", "delete", "acme", "--confirm", "acme")
    assert run("tenant", "list") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tenant", "create", "Not a slug"), "Lower-case letters"),
        (("tenant", "create", "acme", "--admin", "nobody"), "valid email"),
        (("tenant", "create", "acme", "--time-zone", "Nowhere"), "no time zone"),
        (("tenant", "suspend", "nobody"), "There is no tenant nobody"),
        (("platform_user", "remove", "no@body.test"), "Nobody with the address"),
    ],
)
def test_mistakes_are_told_in_one_line(stage: None, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as refusal:
        run(*words)

    assert "\n" not in str(refusal.value)
    assert run("tenant", "list") == "", "nothing half done"


def test_operators_are_made_listed_and_removed(stage: None) -> None:
    run("platform_user", "create", "Op@platform.test", "--name", "Op")
    assert run("platform_user", "list") == "op@platform.test  Op\n"

    run("platform_user", "remove", "op@platform.test")

    assert run("platform_user", "list") == ""
    with door.platform():
        assert not User.objects.exists()
