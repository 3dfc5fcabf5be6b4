"""What is missing in a draft, and what speaks against finishing it, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connections.models import Connection, Connector, WizardDraft
from connections.wizard.plan import (
    CONDITIONS,
    INBOUND,
    INFORMATION,
    MAPPING,
    NEW,
    OUT,
    SAME,
    STEP_OF,
    TEMPLATE,
    Plan,
    SidePlan,
    read_plan,
)
from connections.wizard.sides import WizardSide, config_of, source_of
from objects.models import ConnectObject
from syncapp.tenants.models import Tenant

May = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a step.

    Attributes:
        step: which, from 1.
        message: what.
        blocks: finishing is refused until it is mended.
    """

    step: int
    message: str
    blocks: bool = True


def remarks(draft: WizardDraft, may: May) -> list[Remark]:
    """List everything there is to say about a draft, in the order of the steps."""
    plan = read_plan(draft.data)
    found = [*_information(draft.tenant, plan, may)]
    if not plan.used:
        found.append(Remark(OUT, "Either side may be skipped, but not both."))
    for side in plan.used:
        found += _side(draft, plan, side, may)
    return sorted(found, key=lambda remark: (remark.step, not remark.blocks))


def _information(tenant: Tenant, plan: Plan, may: May) -> Iterator[Remark]:
    if not plan.name:
        yield Remark(INFORMATION, "Give the connector a name.")
    elif Connector.objects.for_tenant(tenant).filter(name=plan.name).exists():
        yield Remark(INFORMATION, f"A connector “{plan.name}” is there already.")
    if not may("connectors.create"):
        yield Remark(INFORMATION, "Your profile does not allow you to create connectors.")


def _side(draft: WizardDraft, plan: Plan, side: str, may: May) -> Iterator[Remark]:
    own, step = plan.side(side), STEP_OF[side]
    if not own.system_type:
        yield Remark(step, f"Choose the type of the {side} system, or skip this side.")
        return
    yield from _permissions(own, side, may)
    name = own.name or plan.name
    taken = Connection.objects.for_tenant(draft.tenant).filter(direction=side, name=name)
    if taken.exists():
        yield Remark(step, f"An {side} connection “{name}” is there already.")
    config = config_of(draft.tenant, own)
    if own.config and config is None:
        yield Remark(step, "The connection config is gone. Choose another one.")
    yield from _object(draft.tenant, plan, side)
    blocks = own.active  # what is not switched on may stay unfinished, but must fit
    for gap in WizardSide(draft, side).gaps():
        at = {"mappings": MAPPING, "conditions": CONDITIONS}.get(gap.field, step)
        yield Remark(at, f"{side.capitalize()}: {gap.message}", blocks)
    if config is not None and not config.test_ok:
        verb = "was never tested" if config.tested_at is None else "failed its last test"
        yield Remark(step, f"The config “{config}” {verb}.", blocks=False)
    if own.active:
        text = f"The {side} side is switched on at once, without a dry run before."
        yield Remark(step, text, blocks=False)


def _permissions(own: SidePlan, side: str, may: May) -> Iterator[Remark]:
    needed = {f"{side}.create": f"create {side} connections"}
    if own.active:
        needed[f"{side}.activate"] = f"activate {side} connections"
    if own.origin in NEW:
        needed["objects.create"] = "create connect objects"
    for code, words in needed.items():
        if not may(code):
            yield Remark(STEP_OF[side], f"Your profile does not allow you to {words}.")


def _object(tenant: Tenant, plan: Plan, side: str) -> Iterator[Remark]:
    own, step = plan.side(side), STEP_OF[side]
    if own.origin == SAME and (side == INBOUND or plan.inbound.skip):
        yield Remark(step, "There is no inbound side whose object could be used.")
        return
    if source_of(plan, side) is not own or own.origin not in NEW:
        if own.object and not ConnectObject.objects.for_tenant(tenant).filter(pk=own.object):
            yield Remark(step, "The connect object is gone. Choose another one.")
        return
    if not own.fields:
        yield Remark(step, "Choose the fields of the new connect object.")
    if not (own.object_type and own.object_name):
        yield Remark(step, "Give the new connect object a type and a name.")
    rows = ConnectObject.objects.for_tenant(tenant)
    if rows.filter(type=own.object_type).exists():
        yield Remark(step, f"A connect object of type “{own.object_type}” is there already.")
    elif own.origin != TEMPLATE and rows.filter(name=own.object_name).exists():
        yield Remark(step, f"A connect object “{own.object_name}” is there already.")
