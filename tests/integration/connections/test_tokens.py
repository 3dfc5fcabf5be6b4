"""Sessions as rows: shared, sealed, compared and set, bound to the credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connections import models, secrets
from connections.kit.base import AuthState
from connections.tokens import LEASE, AccountTokens, FreshTokens
from syncapp.tenants.models import Tenant

START = datetime(2026, 11, 21, 9, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def account(in_acme: Tenant) -> models.Account:
    made: models.Account = models.Account.objects.create(
        tenant=in_acme, system_type="rest", fingerprint="x", label="X"
    )
    return made


def tokens(
    account: models.Account, login: str = "a", clock: Clock | None = None
) -> AccountTokens:
    return AccountTokens(account.tenant_id, account.pk, login, clock or Clock())


def test_a_saved_session_is_found_by_the_next_worker(account: models.Account) -> None:
    first, second = tokens(account), tokens(account)
    assert first.load() is None

    assert first.save(AuthState({"token": "t1"}, START), seen=None)

    state = second.load()
    assert state is not None
    assert (state.data, state.expires_at, state.version) == ({"token": "t1"}, START, 1)


def test_it_is_sealed_for_this_account(account: models.Account) -> None:
    tokens(account).save(AuthState({"token": "very-secret"}), seen=None)

    row = models.AuthState.objects.get(account_id=account.pk)
    assert b"very-secret" not in bytes(row.data)
    other = models.Account.objects.create(
        tenant=account.tenant, system_type="rest", fingerprint="y", label="Y"
    )
    models.AuthState.objects.create(
        account_id=other.pk, tenant_id=account.tenant_id, data=bytes(row.data), version=1
    )
    with pytest.raises(secrets.SecretError):
        tokens(other).load()


def test_who_saves_on_an_old_state_loses(account: models.Account) -> None:
    first, second = tokens(account), tokens(account)
    first.save(AuthState({"token": "t0"}), seen=None)
    seen_first, seen_second = first.load(), second.load()

    assert first.save(AuthState({"token": "t1"}), seen=seen_first)
    assert not second.save(AuthState({"token": "t2"}), seen=seen_second)

    state = second.load()
    assert state is not None
    assert state.data == {"token": "t1"}


def test_two_first_logins_do_not_both_win(account: models.Account) -> None:
    first, second = tokens(account), tokens(account)
    first.load()
    second.load()

    assert first.save(AuthState({"token": "t1"}), seen=None)
    assert not second.save(AuthState({"token": "t2"}), seen=None)


def test_another_password_does_not_find_the_session_and_may_replace_it(
    account: models.Account,
) -> None:
    tokens(account, "old").save(AuthState({"token": "t1"}), seen=None)
    new = tokens(account, "new")

    assert new.load() is None
    assert new.save(AuthState({"token": "t2"}), seen=None)

    assert tokens(account, "old").load() is None
    state = tokens(account, "new").load()
    assert state is not None
    assert state.data == {"token": "t2"}


def test_one_worker_at_a_time_holds_the_lease(account: models.Account) -> None:
    first, second = tokens(account), tokens(account)

    with first.lease() as mine:
        assert mine
        with second.lease() as others:
            assert not others
    with second.lease() as mine:
        assert mine


def test_the_lease_of_a_dead_worker_ends(account: models.Account) -> None:
    clock = Clock()
    dead = tokens(account, clock=clock).lease()
    assert dead.__enter__()

    clock.now += LEASE + timedelta(seconds=1)

    with tokens(account, clock=clock).lease() as mine:
        assert mine
        # The dead one comes back and lets go; what is no longer its own stays taken.
        dead.__exit__(None, None, None)
        with tokens(account, clock=clock).lease() as third:
            assert not third


def test_a_fresh_login_shares_nothing() -> None:
    fresh = FreshTokens()
    assert fresh.load() is None

    assert fresh.save(AuthState({"token": "t"}), seen=None)

    assert fresh.load() is not None
    assert FreshTokens().load() is None
