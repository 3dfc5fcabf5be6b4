"""The form of conditions: rows, and groups of rows, as one page sends them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from msgspec import structs

from connections import wording
from connections.condition_gaps import Problem
from connections.document import (
    MAX_CONSTANT,
    MAX_PATH,
    Condition,
    Conditions,
    Group,
    Join,
    Operator,
)
from connections.passing import Stopped
from formulas.language import limits
from syncapp.errors import Invalid
from syncapp.ui.forms import Form

MOST: Final = 80
"""How many rows a page holds: a form has at most a thousand inputs."""
MOST_GROUPS: Final = 20
_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
_SOURCE: Final = {**_PLAIN, "list": "source-fields"}
_BARE: Final = frozenset({"is_empty", "is_not_empty", "is_true", "is_false", "changed"})
_LISTS: Final = frozenset({"in_list", "not_in_list"})
_TWO: Final = frozenset({"between", "changed_from_to"})
_TOO_MANY: Final = f"A page holds at most {MOST} conditions in {MOST_GROUPS} groups."
_JOINS: Final = {Join.ALL: "all of them hold", Join.ANY: "any of them holds"}


class ConditionForm(Form):
    """One row: what is looked at, how, and with what it is compared.

    Attributes:
        problem: what is wrong with it.
        stop: the first sample record that it stops.
    """

    problem: Problem | None = None
    stop: Stopped | None = None

    uuid = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)
    left = forms.ChoiceField(
        choices=[("field", "Field"), ("formula", "Formula")],
        label="Look at",
        widget=forms.Select(attrs={"data-plain": ""}),
    )
    field = forms.CharField(
        required=False,
        max_length=MAX_PATH,
        label="Source field",
        widget=forms.TextInput(attrs=_SOURCE),
    )
    formula = forms.CharField(
        required=False,
        strip=False,
        max_length=limits.LENGTH,
        label="Formula",
        widget=forms.Textarea(
            attrs={
                **_PLAIN,
                "rows": 2,
                "class": "code",
                "aria-label": "Formula",
                "data-formula": "",
                "data-record": "#sample-text",
                "data-fields": "#source-fields",
            }
        ),
    )
    operator = forms.ChoiceField(
        choices=[(one.value, wording.OPERATORS[one.value]) for one in Operator],
        label="Comparison",
        widget=forms.Select(attrs={"data-plain": ""}),
    )
    against = forms.ChoiceField(
        choices=[("value", "Value"), ("field", "Field")],
        required=False,
        label="Compare with",
        widget=forms.Select(attrs={"data-plain": ""}),
    )
    value = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_CONSTANT,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    to = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_CONSTANT,
        label="Second value",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    values = forms.CharField(
        required=False,
        label="Values, one in each line",
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
    )
    other = forms.CharField(
        required=False,
        max_length=MAX_PATH,
        label="Other field",
        widget=forms.TextInput(attrs=_SOURCE),
    )
    enabled = forms.BooleanField(required=False, label="On")

    def row(self) -> Condition:
        """Give the condition, with what its comparison uses."""
        data = self.cleaned_data
        operator = data["operator"]
        alone = operator in _BARE | _LISTS
        field_ = data["against"] == "field" and not alone and operator not in _TWO
        lines = data["values"].splitlines() if operator in _LISTS else ()
        formula = data["formula"].replace("\r\n", "\n") if data["left"] == "formula" else ""
        return Condition(
            Operator(operator),
            uuid=data["uuid"],
            field=data["field"] if data["left"] == "field" else "",
            formula=formula,
            value="" if alone or field_ else data["value"],
            to=data["to"] if operator in _TWO else "",
            values=tuple(line.strip() for line in lines if line.strip()),
            other=data["other"] if field_ else "",
            enabled=data["enabled"],
        )

    def clean_values(self) -> str:
        """Judge the lines each."""
        text: str = self.cleaned_data["values"]
        if any(len(line) > MAX_CONSTANT for line in text.splitlines()):
            raise forms.ValidationError(f"A value has at most {MAX_CONSTANT} characters.")
        return text


@dataclass
class Block:
    """A group of rows on the page; the first is the whole, in which the others stand."""

    number: int
    uuid: str
    join: str
    rows: list[ConditionForm] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def prefix(self) -> str:
        """How the names of its inputs begin."""
        return f"g{self.number}"

    @property
    def joins(self) -> list[tuple[str, str, bool]]:
        """What its rows can be joined by: value, words, chosen."""
        return [(join.value, words, join == self.join) for join, words in _JOINS.items()]


def shown(conditions: Conditions) -> list[Block]:
    """Show these conditions."""
    groups = (Group(conditions.join, "", conditions.rows), *conditions.groups)
    return [
        _block(number, group.uuid, group.join, [initial_of(row) for row in group.rows])
        for number, group in enumerate(groups)
    ]


def sent(data: Mapping[str, Any]) -> list[Block]:
    """Read what was sent, to be judged.

    Raises:
        Invalid: there is more than a page holds.
    """
    blocks = []
    for number in range(_count(data, "groups", MOST_GROUPS) + 1):
        block = Block(number, data.get(f"g{number}-uuid", "")[:36], _join(data, number))
        total = _count(data, f"g{number}-total", MOST)
        block.rows = [ConditionForm(data, prefix=f"g{number}-r{row}") for row in range(total)]
        blocks.append(block)
    if sum(len(block.rows) for block in blocks) > MOST:
        raise Invalid(_TOO_MANY)
    return blocks


def redrawn(data: Mapping[str, Any], wish: str) -> list[Block]:
    """Show what was sent, unjudged, with rows and groups as a button asked."""
    given = [
        (block.uuid, block.join, [_raw(row) for row in block.rows]) for block in sent(data)
    ]
    verb, _, place = wish.partition(":")
    group, _, row = place.partition(".")
    at = int(group) if group.isdecimal() and int(group) < len(given) else 0
    if verb == "add":
        given[at][2].append(initial_of(_fresh()))
    elif verb == "group":
        given.append((str(uuid.uuid4()), Join.ANY, [initial_of(_fresh())]))
    elif verb == "remove" and row.isdecimal():
        given[at][2][int(row) : int(row) + 1] = []
    elif verb == "ungroup" and at:
        del given[at]
    return [_block(number, *one) for number, one in enumerate(given)]


def valid(blocks: Sequence[Block]) -> bool:
    """Judge all rows, so that everything wrong shows at once."""
    wrong = [row for block in blocks for row in block.rows if not row.is_valid()]
    return not wrong


def conditions_of(blocks: Sequence[Block]) -> Conditions:
    """Give the conditions that valid rows make."""
    groups = [
        Group(Join(block.join), block.uuid, tuple(row.row() for row in block.rows))
        for block in blocks
    ]
    return Conditions(groups[0].join, groups[0].rows, tuple(groups[1:]))


def fits(conditions: Conditions) -> bool:
    """Tell whether a page holds them."""
    n = sum(1 for _ in conditions.each())
    return n <= MOST and len(conditions.groups) <= MOST_GROUPS


def each(blocks: Sequence[Block]) -> Iterator[ConditionForm]:
    """Give every row of the page."""
    for block in blocks:
        yield from block.rows


def initial_of(row: Condition) -> dict[str, Any]:
    """Give the inputs' values for a condition."""
    named = {one.name: getattr(row, one.name) for one in structs.fields(Condition)}
    return {
        **named,
        "uuid": row.uuid or str(uuid.uuid4()),
        "operator": row.operator.value,
        "left": "formula" if row.formula else "field",
        "against": "field" if row.other else "value",
        "values": "\n".join(row.values),
    }


def _fresh() -> Condition:
    return Condition(Operator.EQUALS)


def _block(number: int, name: str, join: str, rows: Sequence[Mapping[str, Any]]) -> Block:
    made = Block(number, name, join)
    made.rows = [
        ConditionForm(initial=dict(row), prefix=f"g{number}-r{at}")
        for at, row in enumerate(rows)
    ]
    return made


def _raw(form: ConditionForm) -> dict[str, Any]:
    return {name: form[name].value() for name in form.fields}


def _join(data: Mapping[str, Any], number: int) -> str:
    join = data.get(f"g{number}-join", "")
    return join if join in _JOINS else Join.ALL


def _count(data: Mapping[str, Any], name: str, most: int) -> int:
    text = str(data.get(name, "0"))
    if not text.isdecimal():
        return 0
    if len(text) > len(str(most)) or int(text) > most:
        raise Invalid(_TOO_MANY)
    return int(text)
