"""Writing and looking up single records, and batches, as the profile says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from connections.kit.answers import json_of
from connections.kit.base import (
    CLEAR,
    ErrorKind,
    Json,
    Op,
    Outcome,
    Record,
    RemoteError,
    Unset,
    WriteItem,
    WriteResult,
)
from connections.kit.outcomes import one_by_one, outcome_of
from connections.kit.rest import templates
from connections.kit.rest.calling import Caller
from connections.kit.rest.profile import Profile
from connections.kit.rest.reading import key_texts, place_of, slicer, value_at
from connections.kit.rest.selecting import Selector, searched
from connections.kit.slices import id_text, joined, parted
from syncapp import canonical

_methods: Final = {Op.CREATE: "POST", Op.UPDATE: "PATCH", Op.DELETE: "DELETE"}
_done: Final = {
    Op.CREATE: Outcome.CREATED,
    Op.UPDATE: Outcome.UPDATED,
    Op.UPSERT: Outcome.UPDATED,
    Op.DELETE: Outcome.DELETED,
}


_concern_records: Final = frozenset(
    {ErrorKind.VALIDATION, ErrorKind.CONFLICT, ErrorKind.NOT_FOUND}
)


class Lookup:
    """Finds records by their key."""

    def __init__(self, caller: Caller, entity: Profile) -> None:
        self._caller = caller
        self._entity = entity
        self._slicer = slicer(entity)

    def find(self, key: Mapping[str, str]) -> list[Record]:
        """Give the records with this key, at most two.

        Raises:
            RemoteError: UNSUPPORTED if the profile says no way to find them, BAD_RESPONSE if
                the system does not understand the question.
        """
        if "find" in self._entity:
            return self._searched(key)
        if "get" in self._entity and list(key) == list(self._entity["key"]):
            return self._got(key)
        message = f"The profile does not say how a record is found by {', '.join(key)}."
        raise RemoteError(ErrorKind.UNSUPPORTED, message)

    def _searched(self, key: Mapping[str, str]) -> list[Record]:
        find = self._entity["find"]
        known = variables(key)
        unknown = set(templates.names_in(find)) - known.keys()
        if unknown:
            message = (
                f"The profile's find asks for {sorted(unknown)[0]}, not for {', '.join(key)}."
            )
            raise RemoteError(ErrorKind.UNSUPPORTED, message)
        query = find.get("query", {})
        params = {name: templates.text(value, known) for name, value in query.items()}
        response = self._caller.call("GET", filled(find["path"], known), params=params)
        slices, _ = Selector(find.get("records", "@"), {}).select(response)
        records = self._slicer.records(slices)
        same = [one for one in records if key_texts(one, key) == list(key.values())]
        if records and not same and not find.get("search"):
            # Servers pass over parameters that they do not know, and give just anything.
            message = (
                f"Asked for {', '.join(key.values())}, the system gave other records: it does "
                "not understand the profile's find."
            )
            raise RemoteError(ErrorKind.BAD_RESPONSE, message)
        return same[:2]

    def _got(self, key: Mapping[str, str]) -> list[Record]:
        get = self._entity["get"]
        missing = get.get("not_found", [404])
        response = self._caller.call("GET", filled(get["path"], variables(key)), ok=missing)
        if response.status_code in missing:
            return []
        answer = json_of(response)
        found = searched(get["record"], answer) if "record" in get else answer
        return self._slicer.records([canonical.dumps(found)]) if found else []


class Writer:
    """Writes records of one entity."""

    def __init__(self, caller: Caller, entity: Profile, cancelled: Callable[[], bool]) -> None:
        self._caller = caller
        self._entity = entity
        self._cancelled = cancelled

    def write(self, items: Sequence[WriteItem]) -> list[WriteResult]:
        """Write batches where the profile has such, single records otherwise."""
        batch: Profile = self._entity.get("batch", {})
        ops = batch.get("ops", ["create", "update"]) if batch else []
        together = [item for item in items if item.op in ops]
        alone = [item for item in items if item.op not in ops]
        results = self._batches(batch, together) if together else []
        return results + one_by_one(alone, self._single, self._cancelled, begun=bool(results))

    def _single(self, item: WriteItem) -> WriteResult:
        rule = self._entity.get(str(item.op))
        if rule is None or item.op not in _methods:
            message = f"The profile does not say how to {item.op} a record."
            raise RemoteError(ErrorKind.UNSUPPORTED, message)
        record = self._record(item)
        known = {} if item.op is Op.CREATE else variables(self._key(item))
        body = None
        if item.op is not Op.DELETE:
            body = templates.tree(rule.get("body", "{record}"), {**known, "record": record})
            body = {rule["wrap"]: body} if "wrap" in rule else body
        response = self._caller.call(
            rule.get("method", _methods[item.op]),
            filled(rule["path"], known),
            json=body,
            headers=self._headers(item),
            ok=rule.get("ok", [404] if item.op is Op.DELETE else []),
        )
        found = self._id_of(response, rule) if item.op is Op.CREATE else None
        return WriteResult(item.index, _done[item.op], found or item.remote_id)

    def _batches(self, batch: Profile, items: Sequence[WriteItem]) -> list[WriteResult]:
        """Send batches; one that is refused as a whole is halved until the culprit stands alone."""
        size = batch.get("max", 100)
        left = [items[start : start + size] for start in range(0, len(items), size)]
        results: list[WriteResult] = []
        while left and not self._cancelled():
            part = left.pop(0)
            try:
                results += self._batch(batch, part)
            except RemoteError as error:
                refused = error.kind in _concern_records and not error.sent
                if refused and len(part) > 1:
                    middle = len(part) // 2
                    left[:0] = [part[:middle], part[middle:]]
                elif refused or error.sent or results:
                    results += [_failed(item, error) for item in part]
                else:
                    raise
        return results + [
            WriteResult(item.index, Outcome.RETRYABLE) for part in left for item in part
        ]

    def _batch(self, batch: Profile, items: Sequence[WriteItem]) -> list[WriteResult]:
        records = [self._record(item) for item in items]
        body = {batch["wrap"]: records} if "wrap" in batch else records
        response = self._caller.call(
            batch.get("method", "POST"),
            batch["path"],
            json=body,
            headers=self._headers(items[0]),
        )
        answers = searched(batch["results"], json_of(response))
        by_place = self._placed(batch, answers if isinstance(answers, list) else [], items)
        return [
            self._judged(batch, item, by_place.get(place)) for place, item in enumerate(items)
        ]

    def _placed(
        self, batch: Profile, answers: Sequence[Json], items: Sequence[WriteItem]
    ) -> dict[int, Json]:
        """Bring answers and items together: by a key in both, or by their order."""
        match = batch.get("match", "index")
        if match == "index":
            explicit = all(
                isinstance(a, dict) and isinstance(a.get("index"), int) for a in answers
            )
            return {a["index"] if explicit else place: a for place, a in enumerate(answers)}
        path = place_of(match)
        by_key = {id_text(value_at(answer, path)): answer for answer in answers}
        keys = [id_text(item.values.get(match, item.key.get(match))) for item in items]
        return {place: by_key[key] for place, key in enumerate(keys) if key and key in by_key}

    def _judged(self, batch: Profile, item: WriteItem, answer: Json) -> WriteResult:
        if answer is None:
            message = "The system did not say what became of this record."
            lost = RemoteError(ErrorKind.BAD_RESPONSE, message, sent=True)
            return WriteResult(item.index, Outcome.UNKNOWN, error=lost)
        if "ok" in batch and not searched(batch["ok"], answer):
            error = self._caller.read_error(answer)
            error.message = error.message or "The system refused the record without a reason."
            return WriteResult(item.index, outcome_of(item.op, error), error=error)
        found = id_text(searched(batch["key_from"], answer)) if "key_from" in batch else None
        return WriteResult(item.index, _done[item.op], found or item.remote_id)

    def _record(self, item: WriteItem) -> dict[str, Any]:
        cleared = self._entity.get("clear")
        return {
            name: cleared if value is CLEAR else value
            for name, value in item.values.items()
            if not isinstance(value, Unset)
        }

    def _key(self, item: WriteItem) -> dict[str, str]:
        names = self._entity["key"]
        try:
            if item.remote_id is not None:
                return dict(zip(names, parted(item.remote_id, len(names)), strict=True))
            return {name: item.key[name] for name in names}
        except (KeyError, ValueError):
            message = f"The record has no key of {', '.join(names)}."
            raise RemoteError(ErrorKind.VALIDATION, message) from None

    def _headers(self, item: WriteItem) -> dict[str, str]:
        name = self._entity.get("idempotency", {}).get("header")
        return {name: item.idempotency_key} if name and item.idempotency_key else {}

    def _id_of(self, response: httpx.Response, rule: Profile) -> str | None:
        """Find the id of what was created: where the rule says, in the record, in `Location`."""
        answer = json_of(response) if response.content.strip() else None
        if "key_from" in rule:
            found = id_text(searched(rule["key_from"], answer))
        else:
            inner = (
                answer.get(rule["wrap"], answer)
                if "wrap" in rule and isinstance(answer, dict)
                else answer
            )
            found = joined(
                [id_text(value_at(inner, place_of(name))) for name in self._entity["key"]]
            )
        last = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        return found or last or None


def _failed(item: WriteItem, error: RemoteError) -> WriteResult:
    """Give the outcome of an item of a batch that failed as a whole."""
    if error.sent or error.kind in _concern_records:
        return WriteResult(item.index, outcome_of(item.op, error), error=error)
    return WriteResult(item.index, Outcome.RETRYABLE, error=error)


def variables(key: Mapping[str, str]) -> dict[str, str]:
    """Give the template variables of a key: {key} and {key.name}."""
    known = {f"key.{name}": value for name, value in key.items()}
    return {"key": joined(list(key.values())) or "", **known}


def filled(template: str, known: Mapping[str, str]) -> str:
    """Fill a path whose values come from records.

    Raises:
        RemoteError: VALIDATION if a value would lead to another path.
    """
    for name in templates.names_in(template):
        if known.get(name, "") in {"", ".", ".."}:
            message = f"A key of {known.get(name, '')!r} cannot stand in an address."
            raise RemoteError(ErrorKind.VALIDATION, message)
    return templates.path(template, known)
