"""What the run and the connection say."""

from __future__ import annotations

import uuid as uuids
from typing import Any, Final

from formulas.language import values
from formulas.language.context import Context, Wanted
from formulas.language.errors import FormulaValueError
from formulas.language.signatures import Any_, SequenceName, Text, example, function
from formulas.language.values import Value

_NAMESPACE: Final = uuids.UUID("6e1f6e0c-8d0b-5d7b-9a51-5b1d3c0f7a11")
_PARTS: Final = ("name", "system", "entity", "object")


@function(example("length(uuid())", 36))
def uuid(ctx: Context) -> Text:
    """Give an identifier that belongs to this record and this field, the same in each run."""
    return str(uuids.uuid5(_NAMESPACE, values.encodable(ctx.seed)))


@function(
    example("concat('INV-', padleft(sequence('invoice'), 5, '0'))", "INV-00042"), volatile=True
)
def sequence(ctx: Context, name: SequenceName) -> Value:
    """Give the next number of a sequence of the tenant, once for each record.

    A record keeps its number in later runs. Numbers are never given twice; that of a record which
    is refused afterwards stays unused.
    """
    return values.from_json(ctx.look_up(Wanted("sequence", name)))


@function(example("connection('name')", "Business partners"))
def connection(ctx: Context, part: Text) -> Value:
    """Say something about the connection that runs: its `name`, `system`, `entity` or `object`."""
    if part not in _PARTS:
        raise FormulaValueError(f"{values.shown(part)} is none of {', '.join(_PARTS)}.")
    return values.from_json(ctx.facts.get("connection", {}).get(part))


@function(example("direction()", "inbound"))
def direction(ctx: Context) -> Value:
    """Tell which way the connection goes: `inbound` or `outbound`."""
    return values.from_json(ctx.facts.get("direction"))


@function(example("isnull(lastrun())", True), volatile=True)
def lastrun(ctx: Context) -> Any_:
    """Give the time at which the last run began that succeeded; null if there is none."""
    return values.from_json(ctx.facts.get("last_run"))


@function(example("setting('Currency')", "EUR"), example("setting('Nope')", None))
def setting(ctx: Context, key: Text) -> Value:
    """Give a setting of the connection's config by its name; secrets are not among them."""
    settings: dict[str, Any] = ctx.facts.get("settings", {})
    return values.from_json(settings.get(key))
