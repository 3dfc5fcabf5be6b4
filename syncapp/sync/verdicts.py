"""Why a record goes no further, in one sentence for the tenant each."""

from __future__ import annotations

from typing import Final

from connections.kit.codes import Code, Outcome
from connections.kit.errors import RecordRefused
from connections.spec import Failed, Refusal
from objects.shape import KEY_LIMIT, FieldShape
from objects.values import storable
from syncapp.sync.changes import Verdict

_LEFT_OUT: Final = frozenset({Code.SKIPPED_BY_CONDITION, Code.SKIPPED_BY_FORMULA})

NO_KEY: Final = Verdict(
    "map", Code.EMPTY_KEY, "", "A new record needs a key, and its key field came out empty."
)
_NO_ID: Final = Verdict(
    "read", Code.NO_REMOTE_ID, "", "The source record has no id, so it cannot be followed."
)
_LONG_ID: Final = Verdict(
    "read",
    Code.KEY_TOO_LONG,
    "",
    f"The source record's id has more than {KEY_LIMIT} characters.",
)
_BAD_ID: Final = Verdict(
    "read",
    Code.UNSTORABLE,
    "",
    "The source record's id holds a character that cannot be stored (NUL or half a character).",
)


def of_id(remote_id: str | None) -> Verdict | None:
    """Say why a record cannot be followed by this id, or nothing if it can."""
    if not remote_id:
        return _NO_ID
    if len(remote_id) > KEY_LIMIT:
        return _LONG_ID
    return None if storable(remote_id) else _BAD_ID


def unreadable(error: Exception) -> Verdict:
    """Say that the bytes of a record are none."""
    if isinstance(error, RecordRefused):
        return Verdict("read", error.code, error.field, str(error))
    return Verdict("read", Code.UNDECODABLE, "", f"The record is not readable: {error}")


def unmappable(error: Exception) -> Verdict:
    """Say that a mapping broke, which it should refuse to do in an orderly way."""
    message = f"The record could not be mapped ({type(error).__name__})."
    return Verdict("map", Code.UNDECODABLE, "", message)


def of_mapping(refusal: Refusal) -> Verdict:
    """Say what the mappings refused."""
    return Verdict("map", refusal.code, refusal.field, refusal.message)


def of_condition(failed: Failed) -> Verdict:
    """Say which condition left the record out, or could not be judged."""
    return Verdict("condition", failed.code, "", failed.sentence, failed.uuid)


def outcome_of(verdict: Verdict | None) -> Outcome:
    """Tell what becomes of a record that conditions or mappings let go no further."""
    left_out = verdict is not None and verdict.code in _LEFT_OUT
    return Outcome.SKIPPED if left_out else Outcome.REJECTED


def absent(field: FieldShape) -> Verdict:
    """Say which field a new record lacks."""
    message = f"{field.label or field.name} is required, and the source has none."
    return Verdict("map", Code.REQUIRED_MISSING, field.name, message)


def linked_elsewhere(key: str, remote_id: str) -> Verdict:
    """Say which source record holds the key."""
    message = f"The record with key “{key}” is linked to the source record “{remote_id}”."
    return Verdict("match", Code.KEY_LINKED_ELSEWHERE, "", message)


def claimed_twice(key: str) -> Verdict:
    """Say that two records of a page lead to one of ours."""
    message = f"Two source records of this page claim the record with key “{key}”."
    return Verdict("match", Code.KEY_LINKED_ELSEWHERE, "", message)


def key_in_use(key: str) -> Verdict:
    """Say that the new key of a record belongs to another one."""
    message = f"Another record has the key “{key}”."
    return Verdict("match", Code.KEY_LINKED_ELSEWHERE, "", message)


def not_unique(field: FieldShape) -> Verdict:
    """Say which unique value belongs to another record."""
    message = f"Another record has the same {field.label or field.name}, which is unique."
    return Verdict("match", Code.NOT_UNIQUE, field.name, message)


def no_reference(field: FieldShape, key: str) -> Verdict:
    """Say which record is referred to and not there."""
    message = f"{field.label or field.name}: there is no record with the key “{key}”."
    return Verdict("match", Code.NO_REFERENCE, field.name, message)


def of_child(type_: str, key: str, verdict: Verdict) -> Verdict:
    """Say in which child record it is."""
    place = f"{type_} “{key}”"
    message = f"{place}: {verdict.message}"
    return Verdict(verdict.step, verdict.code, f"{type_}.{verdict.field}".strip("."), message)


def child_twice(type_: str, key: str, *, here: bool) -> Verdict:
    """Say that two lines would be one child record."""
    where = (
        "Two lines of this record have" if here else "Another record of this page has a line of"
    )
    message = f"{type_}: {where} the key “{key}”."
    return Verdict("match", Code.KEY_LINKED_ELSEWHERE, type_, message)


def refused_by_database(said: str) -> Verdict:
    """Say what the database said."""
    message = f"The database refused the record: {said}"
    return Verdict("write", Code.REFUSED_BY_DATABASE, "", message)
