"""A loopback OData source for measurements: everything is serialised before the first request.

    python -m tests.bench.source N [--port P]

GET /odata/$metadata, and /odata/Customers[?$skip=n] in pages of what `Prefer:
odata.maxpagesize` asks for (1000 without it), with next links. It is never the bottleneck.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, unquote

from syncapp import canonical

FIRST = ("Jürgen", "Zoë", "Anna", "Łukasz", "Maria", "Søren", "José", "Emma", "Иван", "花子")
LAST = ("Müller", "Smith", "García", "Nowak", "Öztürk", "Rossi", "Dvořák", "O'Brien", "Lefèvre")
CITY = (("Köln", "DE"), ("Zürich", "CH"), ("Wien", "AT"), ("Kraków", "PL"), ("Málaga", "ES"))
STATUS = ("active", "completed", "trial")
NOT_NULL = ' Nullable="false"'
TYPES = {"id": "Int32", "qty": "Int32", "discount": "Decimal"}


def record(number: int) -> dict[str, Any]:
    """Make customer `number`, always the same: about 690 bytes, 27 leaves, one nested object."""
    city, country = CITY[number % 5]
    last = LAST[number * 7 % 9]
    stamp = f"{2019 + number % 5}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return {
        "id": number,
        "externalNo": f"C-{number:08d}",
        "firstName": FIRST[number % 10],
        "lastName": last,
        "company": f"{last} & Söhne GmbH {number % 997}",
        "email": f"customer{number}@example.test",
        "phone": f"+49 221 {1000000 + number * 7919 % 8999999}",
        "status": STATUS[number % 3],
        "type": "B2B" if number % 4 else "B2C",
        "language": "de",
        "currency": "EUR",
        "createdAt": f"{stamp}T{number % 24:02d}:{number % 60:02d}:00Z",
        "modifiedAt": f"{stamp}T08:00:00Z",
        "birthDate": f"{1950 + number % 50}-{1 + number % 12:02d}-01",
        "creditLimit": f"{1000 + number % 50000}.00",
        "qty": 1 + number % 40,
        "price": f"{number * 37 % 99900 / 100 + 1:.2f}",
        "discount": number % 20 / 100,
        "vatId": f"DE{100000000 + number}",
        "tags": ["newsletter", f"segment-{number % 30}"],
        "address": {
            "street": f"Straße der Einheit {number % 300}",
            "zip": f"{10000 + number % 89999}",
            "city": city,
            "country": country,
            "geo": {"lat": 48 + number % 5000 / 1000, "lon": 7 + number % 9000 / 1000},
        },
        "note": 'Bevorzugt Lieferung am Vormittag; "Rückruf" erbeten, Rabatt laut Vertrag.',
    }


def metadata() -> bytes:
    """Describe the one entity set."""
    fields = "".join(
        f'<Property Name="{name}" Type="Edm.{TYPES.get(name, "String")}"'
        f"{NOT_NULL if name == 'externalNo' else ''}/>"
        for name, value in record(1).items()
        if not isinstance(value, dict | list)
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Bench" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<ComplexType Name="Address"><Property Name="street" Type="Edm.String"/>
<Property Name="city" Type="Edm.String"/><Property Name="country" Type="Edm.String"/></ComplexType>
<EntityType Name="Customer"><Key><PropertyRef Name="externalNo"/></Key>{fields}
<Property Name="address" Type="Bench.Address"/></EntityType>
<EntityContainer Name="Container"><EntitySet Name="Customers" EntityType="Bench.Customer"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>""".encode()


class Data:
    """All records as one buffer, with the place where each begins."""

    def __init__(self, count: int) -> None:
        buffer, self.starts = bytearray(), [0]
        for number in range(1, count + 1):
            buffer += canonical.dumps(record(number)) + b","
            self.starts.append(len(buffer))
        self.count, self.buffer = count, memoryview(bytes(buffer))

    def page(self, base: str, skip: int, top: int) -> tuple[bytes | memoryview, ...]:
        """Cut a page out of the buffer."""
        end = min(skip + top, self.count)
        body = self.buffer[self.starts[skip] : self.starts[end] - 1] if skip < end else b""
        tail = b"]}"
        if end < self.count:
            tail = b'],"@odata.nextLink":"%s/odata/Customers?$skip=%d"}' % (base.encode(), end)
        return b'{"value":[', body, tail


class Http(asyncio.Protocol):
    """Just enough HTTP/1.1 with keep-alive."""

    data: Data
    base: str

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head, self.received = self.received[:end], self.received[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        path, _, query = unquote(head.split(b" ", 2)[1].decode()).partition("?")
        options = parse_qs(query)
        kind = b"application/json"
        parts: tuple[bytes | memoryview, ...] = (b'{"value":[]}',)
        if path.endswith("$metadata"):
            kind, parts = b"application/xml", (metadata(),)
        elif path.endswith("/Customers"):
            wanted = re.search(rb"(?i)odata.maxpagesize=(\d+)", head)
            top = int(options.get("$top", [wanted[1] if wanted else 1000])[0])
            parts = self.data.page(self.base, int(options.get("$skip", ["0"])[0]), top)
        length = sum(len(part) for part in parts)
        start = (
            b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            b"OData-Version: 4.0\r\n\r\n" % (kind, length)
        )
        self.transport.writelines((start, *parts))  # type: ignore[attr-defined]


async def serve(count: int, port: int) -> None:
    """Serve until killed; says so when it is ready."""
    Http.data = Data(count)
    server = await asyncio.get_running_loop().create_server(Http, "127.0.0.1", port)
    chosen = server.sockets[0].getsockname()[1]
    Http.base = f"http://127.0.0.1:{chosen}"
    print(chosen, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.count, arguments.port))
