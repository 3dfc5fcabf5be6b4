"""The floor: the least that the same work costs, in one plain process.

Hand-written mapping, a bare socket, one statement a page with one JSON parameter, on the
project's own tables under its own policies, as its own role, with its own exact JSON. No
configuration, no conditions, no error handling, no cursor, no ledger.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import psycopg
import xxhash

from syncapp import canonical
from tests.bench.setting import Setting

FIRST = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS r(n int, key text, hash uuid, "values" jsonb)
), stored AS (
    INSERT INTO record (object_id, tenant_id, key, seq, origin, origin_id, created_at,
                        updated_at, "values")
    SELECT %(object)s, %(tenant)s, key, %(seq)s + n, 2, %(pair)s, now(), now(), "values"
    FROM incoming
    RETURNING id, key, seq
), linked AS (
    INSERT INTO link (pair_id, tenant_id, record_id, remote_id, in_outcome, in_code, in_hash,
                      in_at)
    SELECT %(pair)s, %(tenant)s, stored.id, key, 0, 'new', hash, now()
    FROM stored JOIN incoming USING (key)
    RETURNING id, record_id, remote_id
)
INSERT INTO record_log (run_id, tenant_id, keep, at, outcome, code, link_id, record_id, key,
                        remote_id, seq)
SELECT %(run)s, %(tenant)s, 60, now(), 0, 'new', linked.id, record_id, key, remote_id, seq
FROM linked JOIN stored ON stored.id = record_id
"""

SECOND = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(n int, key text, hash uuid)
)
INSERT INTO record_log (run_id, tenant_id, keep, at, outcome, code, link_id, record_id, key,
                        remote_id)
SELECT %(run)s, %(tenant)s, 60, now(), 2, 'same_values', link.id, record_id, key, remote_id
FROM incoming JOIN link ON pair_id = %(pair)s AND remote_id = key AND in_hash = hash
"""


def mapped(row: dict[str, Any]) -> dict[str, Any]:
    """Map by hand the twelve fields that the project maps by configuration."""
    address = row["address"]
    return {
        "number": row["externalNo"],
        "company": row["company"],
        "email": row["email"],
        "phone": row["phone"],
        "city": address["city"],
        "country": address["country"],
        "vat_id": row["vatId"],
        "price": Decimal(row["price"]),
        "quantity": row["qty"],
        "since": row["createdAt"],
        "source": "crm",
        "price_list": "STD",
    }


def pages(url: str) -> Iterator[bytes]:
    """Fetch page by page over one connection."""
    parts = urlsplit(url)
    client = http.client.HTTPConnection(parts.hostname or "", parts.port)
    following: str | None = f"{url}/Customers"
    while following:
        client.request("GET", following)
        body = client.getresponse().read()
        yield body
        tail = body[-200:].partition(b'"@odata.nextLink":"')[2]
        following = tail.partition(b'"')[0].decode() or None


def rows(body: bytes, *, with_values: bool) -> list[dict[str, Any]]:
    """Decode, map, hash: what travels to the database."""
    made = []
    for n, row in enumerate(canonical.loads(body)["value"], 1):
        values = mapped(row)
        digest = xxhash.xxh3_128_hexdigest(canonical.dumps(values))
        item = {"n": n, "key": values["number"], "hash": digest}
        if with_values:
            item["values"] = values
        made.append(item)
    return made


def run(setting: Setting, statement: str) -> int:
    """Do the whole walk with one of the two statements; gives the number of records."""
    total = 0
    with psycopg.connect(setting.dsn, options="-c role=syncapp_app") as connection:
        for body in pages(setting.endpoint):
            page = rows(body, with_values=statement is FIRST)
            connection.execute(
                "SELECT set_config('app.tenant_id', %s, true)", [str(setting.tenant)]
            )
            connection.execute(
                statement,
                {
                    "rows": canonical.text(page),
                    "object": setting.object,
                    "tenant": setting.tenant,
                    "pair": setting.pair,
                    "run": 1_000_000_000,
                    "seq": total,
                },
            )
            connection.commit()
            total += len(page)
    return total
