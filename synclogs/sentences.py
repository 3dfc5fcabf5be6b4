"""What each code means, in one sentence; the glossary has the same sentences."""

from __future__ import annotations

from typing import Final

from connections.kit.codes import Code

SENTENCES: Final[dict[str, str]] = {
    Code.NEW: "nothing here had this key",
    Code.MATCHED: "a record with this key was here already and is linked now",
    Code.CHANGED: "the record is linked and some mapped fields differ",
    Code.RESURRECTED: "it had been deleted here and came back",
    Code.SAME_SOURCE: "the source record is byte for byte what it was",
    Code.SAME_VALUES: "the source changed, the mapped fields did not",
    Code.SUPERSEDED: "the same record came again later in the same page; the last one counts",
    Code.CREATE_OFF: "the connection may not create records",
    Code.UPDATE_OFF: "the connection may not update records",
    Code.REMOVED_THERE: "deleted in the source; the connection keeps our record",
    Code.REMOVED: "deleted in the source, and deleted here",
    Code.UNDECODABLE: "the source record is not readable",
    Code.NO_REMOTE_ID: "the source record has no usable id",
    Code.EMPTY_KEY: "the primary key field came out empty",
    Code.KEY_TOO_LONG: "the key is longer than 512 characters",
    Code.REQUIRED_MISSING: "a required field has no value",
    Code.WRONG_TYPE: "a value does not fit the field's type",
    Code.TOO_LONG: "a text is longer than the field allows",
    Code.NOT_A_CHOICE: "a value is not among the field's choices",
    Code.NO_REFERENCE: "it refers to a record that is not there",
    Code.NOT_UNIQUE: "another record has this value in a unique field",
    Code.UNSTORABLE: "a value holds characters that cannot be stored, such as NUL",
    Code.KEY_LINKED_ELSEWHERE: (
        "the key belongs to a record that is linked to another remote record"
    ),
    Code.FORMULA_FAILED: "a formula has no value for this record",
    Code.REFUSED_BY_FORMULA: "a formula refuses the record, in its own words",
    Code.SKIPPED_BY_FORMULA: "a formula leaves the record out, in its own words",
    Code.SKIPPED_BY_CONDITION: (
        "the source record does not pass the conditions; the message tells which"
    ),
    Code.REFUSED_BY_DATABASE: "the database refused the record",
    Code.REFUSED_BY_REMOTE: "the other system refused the record",
    Code.REMOTE_TROUBLE: "the other system did not answer properly",
    Code.OUTCOME_LOST: "sent, and the answer was lost",
}


def sentence(code: str) -> str:
    """Say what a code means; a code of an older release is shown as it is."""
    return SENTENCES.get(code, code.replace("_", " "))
