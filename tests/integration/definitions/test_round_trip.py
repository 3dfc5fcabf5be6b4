"""What is exported and imported into an empty tenant is the same, byte by byte."""

from __future__ import annotations

import pytest

from connections.definitions.applying import apply
from connections.definitions.comparing import State, diff
from connections.definitions.exporting import export
from connections.definitions.schema import read
from connections.models import Connection
from objects.models import ConnectField
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant

EVERYTHING = """\
syncapp: 1
configs:
  - name: "[TEST] ERP"
    system_type: odata
    environment: test
    endpoint: https://erp.example/odata/v4/
    settings:
      auth: basic
      user: ada
objects:
  - type: order
    name: Orders
    fields:
      - name: number
        is_key: true
      - name: total
        type: decimal
        scale: 2
        default: 1.50
      - name: double
        type: decimal
        formula: data('total') * 2
      - name: state
        type: choice
        choices:
          o: open
          c: closed
      - name: next
        type: reference
        reference: line
    columns:
      - field: total
        label: Sum
  - type: line
    name: Lines
    parent: order
    fields:
      - name: code
        is_key: true
      - name: order
        type: reference
        reference: order
maps:
  - name: terms
    entries:
      "1": at once
      a.b: "yes"
connectors:
  - name: Orders
    description: |
      Of the shop.
      And others.
connections:
  - name: Orders in
    direction: inbound
    system_type: odata
    connector: Orders
    config: "[TEST] ERP"
    entity: Orders
    object: order
    primary_key: number
    mapping:
      - target: number
        source: DocNum
      - target: total
        kind: formula
        formula: |-
          if(data('Total') > 0,
             data('Total'), 0)
      - target: state
        kind: map
        source: Status
        map: terms
        enabled: false
    conditions:
      rows:
        - operator: is_not_empty
          field: DocNum
  - name: Orders out
    direction: outbound
    system_type: odata
    object: order
sets:
  - name: Nightly
    on_failure: go_on
    connectors:
      - Orders
"""


@pytest.fixture
def filled(acme: Tenant, in_acme: Tenant) -> Tenant:
    apply(in_acme, read(EVERYTHING), actor=actors.COMMAND)
    return in_acme


def test_everything_goes_around(filled: Tenant, globex: Tenant) -> None:
    text = export(filled)
    with door.tenant(globex.pk):
        applied = apply(globex, read(text), actor=actors.COMMAND)
        again = export(globex)

    assert again == text
    assert applied.to_connect == ("[TEST] ERP",)
    assert {change.state for change in applied.changes.each} == {State.CREATED}


def test_the_same_again_changes_nothing(filled: Tenant) -> None:
    for text in (EVERYTHING, export(filled)):
        changes = diff(filled, read(text))
        assert [change for change in changes.each if change.state is not State.UNCHANGED] == []
        assert apply(filled, read(text), actor=actors.COMMAND).changes.counts["changed"] == 0


def test_connections_come_in_switched_off_and_known_rows_keep_their_names(
    filled: Tenant,
) -> None:
    row = Connection.objects.for_tenant(filled).get(name="Orders in")
    before = {one["target"]: one["uuid"] for one in row.mapping}
    assert not row.active
    assert row.live_version is None

    changed = EVERYTHING.replace("source: DocNum", "source: DocEntry")
    apply(filled, read(changed), actor=actors.COMMAND)

    row.refresh_from_db()
    assert {one["target"]: one["uuid"] for one in row.mapping} == before
    assert row.mapping[0]["source"] == "DocEntry"
    assert ConnectField.objects.for_tenant(filled).get(name="double").formula
