"""Selecting: the records of an answer, and the places that paging wants to see.

Places are JMESPath. Where all of them are plain paths, the answer is sliced and its records
stay undecoded; otherwise it is decoded as a whole and the records are encoded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import jmespath
import msgspec

from connections.kit.answers import bad_response, body_of, json_of, not_json
from connections.kit.slices import Picker, path_of
from syncapp import canonical


class Selector:
    """Finds the records and some places of an answer.

    Args:
        records: where the list of records is; "@" for the whole answer.
        places: name → where else to look.
    """

    def __init__(self, records: str, places: Mapping[str, str]) -> None:
        self._records = records
        self._places = dict(places)
        self._picker = _picker(records, places)

    def select(self, response: httpx.Response) -> tuple[list[Any], dict[str, Any]]:
        """Give the slices of the records and name → value of the places.

        Raises:
            RemoteError: BAD_RESPONSE if the answer is not of this shape.
        """
        if self._picker is None:
            return self._searched(response)
        try:
            found = self._picker.pick(body_of(response))
        except (msgspec.DecodeError, RecursionError) as error:
            raise not_json(response, error) from None
        slices = found.pop("records")
        if slices is None:
            raise self._no_list(response)
        return slices, found

    def _searched(self, response: httpx.Response) -> tuple[list[Any], dict[str, Any]]:
        answer = json_of(response)
        items = searched(self._records, answer)
        if not isinstance(items, list):
            raise self._no_list(response)
        found = {name: searched(place, answer) for name, place in self._places.items()}
        return [canonical.dumps(item) for item in items], found

    def _no_list(self, response: httpx.Response) -> Exception:
        return bad_response(response, f"answered without a list at {self._records}.")


def searched(expression: str, document: Any) -> Any:
    """Evaluate JMESPath; what fails on this document gives None."""
    try:
        return jmespath.search(expression, document)
    except jmespath.exceptions.JMESPathError:
        return None


def _picker(records: str, places: Mapping[str, str]) -> Picker | None:
    paths = {name: path_of(place) for name, place in places.items()}
    paths["records"] = path_of(records)
    plain = {name: path for name, path in paths.items() if path is not None}
    if len(plain) < len(paths):
        return None
    try:
        return Picker(plain, "records")
    except ValueError:  # one place lies inside another
        return None
