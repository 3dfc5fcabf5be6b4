"""Codes that the whole house shares: outcomes, reasons, operations, types of fields and settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of one record in one run; each record read has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    WAITING = "waiting"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    RETRYABLE = "retryable"
    UNKNOWN = "unknown"
    DELETED = "deleted"

    @property
    def number(self) -> int:
        """Position in the list of outcomes, from 0: how it is stored and counted."""
        return _NUMBERS[self]

    @classmethod
    def of(cls, number: int) -> Outcome:
        """Give the outcome stored under this number."""
        return OUTCOMES[number]


OUTCOMES: Final[tuple[Outcome, ...]] = tuple(Outcome)
_NUMBERS: Final = {outcome: number for number, outcome in enumerate(OUTCOMES)}


class Code(StrEnum):
    """Why an outcome is what it is. The glossary explains each in a sentence."""

    NEW = "new"  # nothing here had this key
    MATCHED = "matched"  # found by key and linked
    CHANGED = "changed"  # linked, and fields differ
    RESURRECTED = "resurrected"  # had been deleted here, came back
    SAME_SOURCE = "same_source"  # the source record is byte for byte what it was
    SAME_VALUES = "same_values"  # the source changed, the mapped fields did not
    SUPERSEDED = "superseded"  # the same record came again later in the page
    CREATE_OFF = "create_off"
    UPDATE_OFF = "update_off"
    REMOVED_THERE = "removed_there"  # deleted in the source, and deletes are ignored
    REMOVED = "removed"  # deleted in the source, and deleted here
    UNDECODABLE = "undecodable"
    NO_REMOTE_ID = "no_remote_id"
    EMPTY_KEY = "empty_key"
    KEY_TOO_LONG = "key_too_long"
    REQUIRED_MISSING = "required_missing"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    NOT_A_CHOICE = "not_a_choice"
    NOT_UNIQUE = "not_unique"  # a unique field's value belongs to another record
    NO_REFERENCE = "no_reference"  # a reference names a record that is not there
    UNSTORABLE = "unstorable"  # PostgreSQL cannot hold the value, such as a NUL character
    KEY_LINKED_ELSEWHERE = "key_linked_elsewhere"  # the key belongs to another remote record
    FORMULA_FAILED = "formula_failed"  # a formula has no value for this record
    REFUSED_BY_FORMULA = "refused_by_formula"  # it said fail()
    SKIPPED_BY_FORMULA = "skipped_by_formula"  # it said skip()
    SKIPPED_BY_CONDITION = "skipped_by_condition"  # it does not pass the conditions
    REFUSED_BY_DATABASE = "refused_by_database"
    REFUSED_BY_REMOTE = "refused_by_remote"
    REMOTE_TROUBLE = "remote_trouble"
    OUTCOME_LOST = "outcome_lost"


class Op(StrEnum):
    """What a write does."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"
    DEACTIVATE = "deactivate"
    ACTION = "action"


class FieldType(StrEnum):
    """The types of fields, remote and local."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    CHOICE = "choice"
    REFERENCE = "reference"
    OBJECT = "object"
    LIST = "list"


class SettingKind(StrEnum):
    """How a setting is asked for."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    SECRET = "secret"  # noqa: S105  the name of a kind, not a secret
    URL = "url"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    YAML = "yaml"
