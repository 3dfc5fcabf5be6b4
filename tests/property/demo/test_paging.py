"""Pages of the demo ERP while its records change."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings, strategies as st

from syncapp.demo.erp.model import PARTNERS, SETS
from syncapp.demo.erp.service import Service
from syncapp.demo.erp.store import Store
from tests.unit.demo.conftest import KEYS, NOW, Erp, pages, rows

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["change", "delete", "add"]), st.integers(0, 30), st.integers(0, 3)
    ),
    max_size=12,
)


def do(erp: Erp, kind: str, number: int) -> str:
    key = f"C{number:02}"
    if kind == "change":
        erp.send("PATCH", f"BusinessPartners('{key}')", {"PayTermsGrpCode": number})
    elif kind == "delete":
        erp.send("DELETE", f"BusinessPartners('{key}')")
    else:
        new = {"CardCode": key, "CardName": "new", "CardType": "Lead", "Currency": "EUR"}
        erp.send("POST", "BusinessPartners", new)
    return key


@settings(max_examples=30, deadline=None)
@given(EDITS, st.sampled_from(["CardCode", "LastModified"]), st.integers(1, 7))
def test_no_record_is_lost_while_others_change(
    edits: list[tuple[str, int, int]], order: str, size: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = dict.fromkeys(SETS, ()) | {PARTNERS.name: rows()}
        store = Store(Path(directory) / "state", lambda: NOW, made)
        erp = Erp(Service(store, "demo"))
        touched, seen = set(), []
        for place, page in enumerate(pages(erp, f"$orderby={order}", size)):
            seen += [row["CardCode"] for row in page["value"]]
            touched |= {do(erp, kind, number) for kind, number, when in edits if when == place}
        store.close()

    untouched = set(KEYS) - touched
    assert sorted(key for key in seen if key in untouched) == sorted(untouched)
    if order == "CardCode":
        assert len(seen) == len(set(seen))
