"""Let the formula itself decide what becomes of the record."""

from __future__ import annotations

from formulas.language.errors import RejectedError, SkippedError
from formulas.language.signatures import Any_, Text, example, function


@function(example("if(isempty(data('CardCode')), fail('No number'), 'ok')", "ok"))
def fail(message: Text) -> Any_:
    """Reject the record with this message."""
    raise RejectedError(message[:500] or "The formula rejects this record.")


@function(example("if(data('Active'), 'ok', skip('Inactive'))", "ok"))
def skip(message: Text) -> Any_:
    """Leave the record out, without an error, with this message."""
    raise SkippedError(message[:500] or "The formula leaves this record out.")
