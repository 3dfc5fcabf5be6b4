"""Paths into source records."""

from __future__ import annotations

import pytest

from formulas.language import paths
from tests.every import every

RECORD = {
    "CardName": "Maxi-Teq",
    "Address": {"City": "Linz", "Zip": None},
    "Lines": [{"ItemCode": "A1"}, {"ItemCode": "B2"}],
    "@odata.etag": "W/1",
    "Tags": "red",
}


@every(
    ("text", "value"),
    [
        ("CardName", "Maxi-Teq"),
        ("Address.City", "Linz"),
        ("Address.Zip", None),
        ("Lines[1].ItemCode", "B2"),
        ("Lines[0]", {"ItemCode": "A1"}),
        ('["@odata.etag"]', "W/1"),
        ("Nope", None),
        ("Address.Nope", None),
        ("Address.City.Letter", None),
        ("Lines[2].ItemCode", None),
        ("Lines.ItemCode", None),
        ("Tags[0]", None),
        ("Address[0]", None),
    ],
)
def test_a_path_finds_its_value_or_that_there_is_none(text: str, value: object) -> None:
    assert paths.getter(paths.parse(text))(RECORD) == value


@every("text", ["", ".", "a..b", "a.", "[0]", "a[", "a[x]", "a]b", "a[-1]", 'a["]', "a[0]b"])
def test_what_is_no_path_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(paths.PathError):
        paths.parse(text)


@every("name", ["CardName", "@odata.etag", "a[0]", "with blank", "a.b.c"])
def test_a_spelled_name_is_read_as_one_step(name: str) -> None:
    assert paths.parse(paths.spell(name)) == (name,)


def test_the_message_shows_from_where_on_it_is_unreadable() -> None:
    with pytest.raises(paths.PathError, match=r"“Address\[x\]” from “\[x\]”"):
        paths.parse("Address[x]")
