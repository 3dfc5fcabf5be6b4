"""What a config is given is brought into its types, or refused with what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from connections.kit.base import Setting, SettingKind
from connections.kit.settings import CA_CERTIFICATE, SettingError, checked_url, cleaned
from tests.every import every

SETTINGS = (
    Setting("name", "Name", required=True),
    Setting("way", "Way", SettingKind.CHOICE, default="a", choices=(("a", "A"), ("b", "B"))),
    Setting("count", "Count", SettingKind.INTEGER, default=5),
    Setting("on", "On", SettingKind.BOOLEAN, default=False),
    Setting("word", "Word", SettingKind.SECRET),
    Setting("link", "Link", SettingKind.URL),
    CA_CERTIFICATE,
)


def test_values_come_in_their_types_with_defaults() -> None:
    good, wrong = cleaned(
        SETTINGS, {"name": " ERP ", "count": "12", "on": "true", "word": " hush ", "link": ""}
    )

    assert wrong == {}
    assert good == {
        "name": "ERP",
        "way": "a",
        "count": 12,
        "on": True,
        "word": " hush ",
        "link": None,
        "ca_certificate": None,
    }


@every(
    ("name", "value", "advice"),
    [
        ("name", "  ", "needed"),
        ("name", None, "needed"),
        ("name", 5, "text"),
        ("name", "x" * 5000, "too long"),
        ("name", "a\0b", "cannot be stored"),
        ("way", "c", "Choose one of: a, b."),
        ("count", "many", "whole number"),
        ("count", -1, "whole number"),
        ("count", True, "whole number"),
        ("count", "9" * 12, "whole number"),
        ("on", "perhaps", "yes or no"),
        ("link", "erp", "https://"),
        ("ca_certificate", "no certificate", "BEGIN CERTIFICATE"),
        ("other", 1, "no such setting"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: Any, advice: str) -> None:
    _, wrong = cleaned(SETTINGS, {"name": "ERP", name: value})

    assert list(wrong) == [name]
    assert advice in wrong[name]


def test_booleans_and_numbers_may_come_as_themselves() -> None:
    good, _ = cleaned(SETTINGS, {"name": "ERP", "count": 7, "on": False})

    assert (good["count"], good["on"]) == (7, False)


@every(
    "address",
    [
        "https://erp.example.com/odata/",
        " http://10.0.0.1:8080 ",
        "https://[fd00::1]:8443/x",
        "https://erp_1.example.com.",
        "https://bücher.example/",
    ],
)
def test_good_addresses(address: str) -> None:
    assert checked_url(address) == address.strip()


@every(
    ("address", "advice"),
    [
        ("", "https://"),
        ("erp.example.com", "https://"),
        ("ftp://erp.example.com", "https://"),
        ("https://", "no valid host"),
        ("https://-x.example", "no valid host"),
        ("https://" + "a" * 64 + ".example", "no valid host"),
        ("https://erp.example:0/", "no valid host"),
        ("https://erp.example:99999/", "not a valid address"),
        ("https://[fd00::1/", "not a valid address"),
        ("https://user:pass@erp.example/", "own fields"),
        ("https://erp.example/#x", "#"),
        ("https://erp.example/#", "#"),
        ("https://erp.example/?key=1", "?"),
        ("https://erp.example/a b", "blanks"),
        ("https://erp.example\\@evil.example/", "blanks"),
    ],
)
def test_bad_addresses(address: str, advice: str) -> None:
    with pytest.raises(SettingError) as caught:
        checked_url(address)

    assert advice in str(caught.value)
