"""The registry gives classes by name and validates what configs are given."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from connections import registry
from connections.kit.auth import MemoryTokens
from connections.kit.base import ErrorKind, RemoteError, Setting, SettingKind
from connections.kit.egress import EgressPolicy
from connections.systems.internal import Internal
from connections.systems.odata import OData
from connections.systems.rest import Rest
from syncapp.errors import Invalid
from tests.every import every

URL = "https://erp.example/odata/"
AROUND = registry.Surroundings(EgressPolicy(), lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_every_kind_is_there_and_sound() -> None:
    assert registry.system_type("odata") is OData
    assert registry.problems() == []


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(registry.UnknownSystemType, match="no kind of system “lotus”") as caught:
        registry.system_type("lotus")

    assert isinstance(caught.value, Invalid)
    assert "system_type" in caught.value.fields


def test_good_settings_come_with_their_defaults_and_secrets_apart() -> None:
    values = registry.validate_settings(OData, URL, {"user": "acme", "password": "hush"})
    settings, secrets = registry.split_secrets(OData, values)

    assert settings["overlap_seconds"] == 300
    assert settings["auth"] == "basic"
    assert "password" not in settings
    assert secrets == {"password": "hush"}


@every(
    ("kind", "endpoint", "values", "field"),
    [
        (OData, "erp.example", {}, "endpoint"),
        (OData, "https://u:p@erp.example/", {}, "endpoint"),
        (OData, URL, {"paging": "sideways"}, "paging"),
        (OData, URL, {"unheard": "of"}, "unheard"),
        (Rest, URL, {}, "profile"),
        (Rest, URL, {"profile": "entities: {}"}, "profile"),
        (Internal, URL, {}, "endpoint"),
    ],
)
def test_each_wrong_field_is_named(kind: Any, endpoint: str, values: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        registry.validate_settings(kind, endpoint, values)

    assert list(caught.value.fields) == [field]
    assert caught.value.fields[field]


def test_a_system_is_opened_with_all_that_it_needs() -> None:
    profile = (
        "rate: {requests: 5, per_seconds: 1}\nentities: {a: {key: [id], list: {path: /a}}}"
    )
    login = registry.Login(URL, {"profile": profile}, {"token": "hush-hush"}, "7:1")

    system = registry.open_system("rest", login, MemoryTokens(), AROUND)

    http: Any = system.context.http
    assert isinstance(system, Rest)
    assert http.rates[0].requests == 5
    assert http.account == "7:1"
    assert http.hide("hush-hush") == "•••"
    assert "hush" not in repr(login) + repr(system.context)


def test_a_login_that_cannot_be_used_says_why() -> None:
    login = registry.Login(URL, {"profile": "nonsense"}, {})

    with pytest.raises(RemoteError, match="profile is not right") as caught:
        registry.open_system("rest", login, MemoryTokens(), AROUND)

    assert caught.value.kind is ErrorKind.CONFIG


def test_the_internal_system_needs_a_tenant() -> None:
    with pytest.raises(RemoteError, match="inside a tenant"):
        registry.open_system("internal", registry.Login("", {}, {}), MemoryTokens(), AROUND)


class Broken(Internal):
    label: ClassVar[str] = ""
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("a", "A"),
        Setting("a", ""),
        Setting("Bad Name", "B"),
        Setting("endpoint", "E"),
        Setting("c", "C", SettingKind.CHOICE),
        Setting("d", "D", choices=(("x", "X"),), default="y"),
        Setting("e", "E", SettingKind.SECRET, default="hush"),
    )

    @abstractmethod
    def read(self, query: Any, cursor: Any) -> Any: ...

    @classmethod
    def rates(cls, settings: Any) -> Any:
        raise RemoteError(ErrorKind.CONFIG, "no profile")


def test_slips_of_a_class_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"gone": "connections.systems.gone.Gone", "broken": f"{__name__}.Broken"}
    monkeypatch.setattr(registry, "SYSTEM_TYPES", table)
    monkeypatch.setattr(
        registry, "import_module", lambda name: __import__(name) if "gone" in name else _Here
    )

    text = "\n".join(registry.problems())

    for words in (
        "gone: cannot be imported",
        "broken: has no label",
        "broken: lacks read",
        "setting a is there twice",
        "setting 'Bad Name' has no proper name",
        "the config has that field already",
        "setting a has no label",
        "setting c: choices and kind do not fit",
        "setting d: the default is no choice",
        "setting e: a secret has no default",
        "has no rates without settings",
    ):
        assert words in text


class _Here:
    Broken = Broken


def test_connect_objects_are_found_by_one_field_alone() -> None:
    store: Any = object()
    around = registry.Surroundings(EgressPolicy(), AROUND.now, store=store)
    system = registry.open_system(
        "internal", registry.Login("", {}, {}), MemoryTokens(), around
    )

    with pytest.raises(RemoteError, match="one field"):
        system.find("Items", [{"a": "1", "b": "2"}])
