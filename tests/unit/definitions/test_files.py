"""Files of definitions: what is refused, where, and what comes back as it went."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from connections.definitions.places import MOST_BYTES, WrongFile
from connections.definitions.reading import MOST_VALUES, parse
from connections.definitions.schema import MOST_THINGS, read
from connections.definitions.writing import write

BOMB = "syncapp: 1\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
CONNECTION = "connections:\n  - {name: A, direction: inbound, system_type: rest"

BAD: tuple[tuple[str, str], ...] = (
    ("", "The file is empty."),
    ("a: 1", "A file of definitions begins with `syncapp: 1`."),
    ("- 1", "A file of definitions begins with `syncapp: 1`."),
    ("syncapp: 2", "Line 1, syncapp: This is version 2 of the form"),
    ("syncapp: 1\nfoo: 1", "Line 2, foo: This is not known here. There are: syncapp, configs"),
    ("syncapp: 1\nsyncapp: 1", "Line 2: “syncapp” is there twice, first in line 1."),
    ("syncapp: [1", "This is not YAML"),
    ("syncapp: 1\n\tx: 1", "This is not YAML"),
    ("syncapp: 1\n---\nsyncapp: 1", "Line 2: a second document begins here"),
    (BOMB, "Line 2, a: Anchors are not supported"),
    ("syncapp: 1\na: *x", "Line 2, a: Aliases are not supported"),
    ("syncapp: 1\na: !!python/object:os.system x", "Line 2, a: Tags are not supported"),
    ("syncapp: 1\nx: " + "[" * 5000, "nested deeper than 40 levels"),
    ("syncapp: 1\nx: " + "{a: " * 5000, "nested deeper than 40 levels"),
    ("syncapp: 1\n[a]: 1", "A key is a text here"),
    ("syncapp: 1\nx: " + "a" * MOST_BYTES, "larger than 2 MB"),
    ("syncapp: 1\nx: [" + "1," * MOST_VALUES + "]", "more than 250000 values"),
    ('syncapp: 1\nx: "\\0"', "Line 2, x: This holds a character that cannot be stored."),
    ("syncapp: 1\nmaps: 7", "Line 2, maps: This is a whole number, and should be a list."),
    (
        "syncapp: 1\nmaps:\n  - name: a\n    entries:\n      1: x",
        "Line 5, maps.0.entries: The key 1 reads as a number",
    ),
    (
        "syncapp: 1\nmaps:\n  - name: a\n    entries:\n      k: 1",
        "Line 5, maps.0.entries.k: This is a whole number, and should be text. Put it in quotes.",
    ),
    (
        "syncapp: 1\nobjects:\n  - type: a\n    name: A\n    fields:\n      - nmae: y\n",
        "Line 6, objects.0.fields.0.nmae: This is not known here. There are: name, label",
    ),
    ("syncapp: 1\nmaps: [{}]", "Line 2, maps.0: “name” is missing."),
    ("syncapp: 1\nmaps: [{name: a}, {name: a}]", "Line 2, maps.1: “a” is there twice."),
    (
        "syncapp: 1\nobjects:\n  - {type: a, name: A, parent: b}\n"
        "  - {type: b, name: B, parent: a}",
        "Line 3, objects.0.parent: These objects are each other's parents: a, b.",
    ),
    (
        "syncapp: 1\nobjects:\n  - {type: a, name: A, parent: a}",
        "Line 3, objects.0.parent: These objects are each other's parents: a.",
    ),
    (f"syncapp: 1\n{CONNECTION}, config: 17}}", "connections.0.config: This is a whole number"),
    (f"syncapp: 1\n{CONNECTION}, id: 17}}", "connections.0.id: This is not known here."),
    (f"syncapp: 1\n{CONNECTION}, keep_days: 7}}", "This is none of: 30, 60, 180, 365."),
    (f"syncapp: 1\n{CONNECTION}, page_size: 0}}", "This must be at least 1."),
    (
        f"syncapp: 1\n{CONNECTION}, mapping: [{{target: a, kind: xx}}]}}",
        "connections.0.mapping.0.kind: This is none of: field, raw",
    ),
    (
        f"syncapp: 1\n{CONNECTION}, mapping: [{{target: a, rows: [{{target: b}}]}}]}}",
        "connections.0.mapping.0: A mapping of kind field has no rows of its own.",
    ),
    ("syncapp: 1\nmaps: [{name: ' a'}]", "A name is not empty and has no blanks at its ends."),
    (f"syncapp: 1\nmaps: [{{name: {'a' * 101}}}]", "This is longer than 100 characters."),
)


@pytest.mark.parametrize(("text", "says"), BAD, ids=[says[:40] for _, says in BAD])
def test_what_is_wrong_is_said_at_its_place(text: str, says: str) -> None:
    with pytest.raises(WrongFile) as caught:
        read(text)

    assert says in caught.value.message
    assert list(caught.value.fields.values()) == [caught.value.message]


def test_a_million_rows_are_refused_quickly() -> None:
    rows = "\n".join("  - {name: a}" for _ in range(1_000_000))

    with pytest.raises(WrongFile, match="larger than 2 MB"):
        read(f"syncapp: 1\nmaps:\n{rows}")


def test_more_things_than_anybody_has_are_refused() -> None:
    rows = "\n".join(f"  - name: a{n}" for n in range(MOST_THINGS + 1))

    with pytest.raises(WrongFile, match="more than 5000 things"):
        read(f"syncapp: 1\nmaps:\n{rows}")


def test_words_of_other_yaml_stay_text_and_numbers_exact() -> None:
    text = "a: yes\nb: 2026-11-21\nc: 1.10\nd: 007\ne: 0x1f\nf: '1'\ng: ~\nh: off\ni: 1e5\n"

    assert parse(text)[0] == {
        "a": "yes",
        "b": "2026-11-21",
        "c": Decimal("1.10"),
        "d": "007",
        "e": "0x1f",
        "f": "1",
        "g": None,
        "h": "off",
        "i": "1e5",
    }


SIGNS = st.sampled_from(list("ab: -#\n\t'\"|>&*!%@`{}[],0.1é~=?\r\x7f\x85\xa0\u2028\ufeff"))
TEXTS = st.text(
    alphabet=st.one_of(
        SIGNS, st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    max_size=20,
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9))
WORDS = st.sampled_from(
    ["yes", "null", "1.5", "1e5", "a\nb", "a\n", "a\n\n", "~", "- a", "a: b"]
)
SCALARS = st.one_of(
    TEXTS, WORDS, st.booleans(), st.none(), st.integers(-(10**30), 10**30), NUMBERS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_as_it_was(value: dict[str, Any]) -> None:
    text = write(value)

    found, _ = parse(text)

    assert found == value
    assert write(found) == text


def test_texts_of_several_lines_are_blocks() -> None:
    formula = "if(data('a') > 0,\n   'x')"

    assert write({"formula": formula}) == "formula: |-\n  if(data('a') > 0,\n     'x')\n"
