"""The clerk: changes partners over HTTP as people in an office would, and puts them back."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from syncapp import canonical
from syncapp.demo.erp import data
from syncapp.demo.erp.model import ITEMS, PARTNERS, SETS, EntitySet, Values

USER = "syncapp"
MAX_COUNT = 1000


class ClientError(Exception):
    """The demo ERP did not do what it was asked; the message says what happened."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one record, in words."""

    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.key}  {self.what}"


class Client:
    """A connection to the demo ERP.

    Args:
        url: its address, with or without the path of the service root.
        password: of its one user.
    """

    def __init__(self, url: str, password: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme != "http" or not host:
            message = f"{url} is not an http address."
            raise ClientError(message)
        login = base64.b64encode(f"{USER}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Prefer": "odata.maxpagesize=1000"}
        self._connection = HTTPConnection(host, port, timeout=30)
        self._url = url

    def send(
        self, method: str, path: str, body: Values | None = None, etag: str = ""
    ) -> dict[str, Any]:
        """Send a request and give the decoded answer, empty if there is none.

        Raises:
            ClientError: nobody answered, or the answer is a refusal.
        """
        headers = self._headers | ({"If-Match": etag} if etag else {})
        content = None if body is None else canonical.dumps(body)
        try:
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            message = f"The demo ERP at {self._url} does not answer: {error!r}."
            raise ClientError(message) from error
        if response.status >= 400:
            message = f"The demo ERP answered {response.status} to {method} {path}: {_complaint(answer)}"
            raise ClientError(message)
        return dict(canonical.loads(answer)) if answer else {}

    def read(self, entity_set: EntitySet, **options: str) -> Iterator[Values]:
        """Read records page by page; options are named without their `$`."""
        query = urlencode({f"${name}": text for name, text in options.items()}, safe="$")
        link = f"/odata/v4/{entity_set.name}?{query}"
        while link:
            page = self.send("GET", link)
            yield from page["value"]
            following = urlsplit(page.get("@odata.nextLink", ""))
            link = f"{following.path}?{following.query}" if following.path else ""

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def edit(client: Client, count: int) -> Iterator[Edit]:
    """Change the `count` active partners that nobody touched for the longest time."""
    order = f"LastModified,{PARTNERS.key}"
    partners = client.read(PARTNERS, filter="not Frozen", orderby=order, top=str(count))
    for place, partner in enumerate(list(partners)):
        change = (_new_phone, _new_town, _new_limit)[place % 3](partner)
        client.send("PATCH", _address(PARTNERS, partner), change, partner["@odata.etag"])
        yield Edit(
            f"{partner[PARTNERS.key]}  {partner['CardName']}", _difference(partner, change)
        )


def change_prices(client: Client, count: int) -> Iterator[Edit]:
    """Raise the prices of the `count` active items that nobody touched for the longest time."""
    order = f"LastModified,{ITEMS.key}"
    items = client.read(ITEMS, filter="not Frozen", orderby=order, top=str(count))
    for item in list(items):
        price = Decimal(item["Price"])
        change = {"Price": price + (price / 20).quantize(Decimal("0.01")) + Decimal("0.5")}
        client.send("PATCH", _address(ITEMS, item), change, item["@odata.etag"])
        yield Edit(f"{item[ITEMS.key]}  {item['ItemName']}", _difference(item, change))


def reset(client: Client) -> Iterator[Edit]:
    """Put back all that people can edit; that too is an edit, which a sync can see."""
    for name, made in data.everything().items():
        entity_set = SETS[name]
        key = entity_set.key
        originals = {str(values[key]): values for values in made}
        for found in list(client.read(entity_set)):
            original = originals.pop(found[key], None)
            if original is None:
                client.send("DELETE", _address(entity_set, found), etag=found["@odata.etag"])
                yield Edit(found[key], "deleted, it was added")
            elif change := _changes(entity_set, found, original):
                client.send("PATCH", _address(entity_set, found), change, found["@odata.etag"])
                yield Edit(found[key], _difference(found, change))
        for missing in originals.values():
            client.send("POST", f"/odata/v4/{name}", missing)
            yield Edit(str(missing[key]), "added, it was deleted")


def _address(entity_set: EntitySet, values: Mapping[str, Any]) -> str:
    key = str(values[entity_set.key]).replace("'", "''")
    return f"/odata/v4/{entity_set.name}('{quote(key, safe='')}')"


def _changes(entity_set: EntitySet, found: Values, original: Values) -> Values:
    names = [known.name for known in entity_set.properties if not known.computed]
    return {name: original[name] for name in names if found[name] != original[name]}


def _new_phone(partner: Values) -> Values:
    dice = _dice(partner)
    land = data.land_of((partner["BillTo"] or {}).get("Country"))
    phone = dice.digits(land.phone)
    while phone == partner["Phone1"]:
        phone = dice.digits(land.phone)
    return {"Phone1": phone}


def _new_town(partner: Values) -> Values:
    dice = _dice(partner)
    now = partner["BillTo"] or {}
    land = data.land_of(now.get("Country"))
    others = tuple(place for place in land.places if place.city != now.get("City"))
    place = dice.pick(others)
    zip_code = dice.digits(place.zip_code)
    return {"BillTo": {"City": place.city, "ZipCode": zip_code, "State": place.state}}


def _new_limit(partner: Values) -> Values:
    raised = Decimal(partner["CreditLimit"]) + 500 * (1 + _dice(partner).below(20))
    return {"CreditLimit": raised}


def _dice(partner: Values) -> data.Dice:
    """Throw differently for each state of each partner, and the same again for the same."""
    return data.Dice(3, canonical.digest(partner))


def _difference(before: Values, change: Values) -> str:
    parts = []
    for name, after in change.items():
        old = before[name]
        if isinstance(old, dict) and isinstance(after, dict):
            old = {part: old.get(part) for part in after}
        parts.append(f"{name}: {canonical.text(old)} → {canonical.text(after)}")
    return ", ".join(parts)


def _complaint(answer: bytes) -> str:
    try:
        return str(canonical.loads(answer)["error"]["message"])
    except (*canonical.type_errors, LookupError, TypeError):
        return answer[:200].decode(errors="replace")
