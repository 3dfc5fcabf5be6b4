"""The end of the wizard: everything that a draft describes, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from connections import connectors, services
from connections.models import Connection, Connector, WizardDraft
from connections.templates import objects as object_templates
from connections.wizard import drafting
from connections.wizard.plan import (
    COMPLETED,
    INFORMATION,
    MAPPING,
    NEW,
    STEP_OF,
    STEPS,
    TEMPLATE,
    Plan,
    SidePlan,
    new_fields,
    read_plan,
)
from connections.wizard.review import May, remarks
from connections.wizard.sides import config_of, object_of, source_of
from objects.models import ConnectObject
from objects.services import add_fields
from objects.services.objects import create_object
from syncapp.errors import Invalid, SyncAppError
from syncapp.tenants.actors import Actor


class Unfinished(Invalid):
    """A step of the wizard keeps it from being finished."""

    code = "unfinished"

    def __init__(self, step: int, message: str) -> None:
        super().__init__(f"Step {step}, {STEPS[step - 1]}: {message}")
        self.step = step


def finish(draft: WizardDraft, *, may: May, actor: Actor, now: datetime) -> Connector:
    """Make everything that a draft describes, and drop the draft.

    Raises:
        NotThere: the draft was finished or discarded already.
        Unfinished: a step is not complete or was refused; then nothing was made.
    """
    with transaction.atomic():
        draft = drafting.locked(draft, None)
        missing = next((one for one in remarks(draft, may) if one.blocks), None)
        if missing is not None:
            raise Unfinished(missing.step, missing.message)
        plan = read_plan(draft.data)
        made: dict[str, ConnectObject] = {}
        held = [_connection(draft, plan, side, made, actor) for side in plan.used]
        with _step(INFORMATION):
            connector = connectors.create(
                draft.tenant,
                name=plan.name,
                description=plan.description,
                connections=held,
                actor=actor,
            )
        with _step(COMPLETED):
            for connection in held:
                if plan.side(connection.direction).active:
                    services.activate(
                        connection, actor=actor, now=now, reason="Made by the wizard"
                    )
        draft.delete()
    return connector


def _connection(
    draft: WizardDraft, plan: Plan, side: str, made: dict[str, ConnectObject], actor: Actor
) -> Connection:
    own, tenant = plan.side(side), draft.tenant
    with _step(STEP_OF[side]):
        source = source_of(plan, side)
        stored = object_of(tenant, plan, side)
        if source.origin in NEW and stored is not None:
            stored = made.setdefault(source.object_type, _object(draft, source, made, actor))
        connection = services.create(
            tenant,
            direction=side,
            name=own.name or plan.name,
            system_type=own.system_type,
            actor=actor,
        )
        values = {
            "config": config_of(tenant, own),
            "entity": own.entity,
            "object": stored,
            "primary_key": own.primary_key,
            **own.options,
        }
        connection = services.edit(connection, values, actor=actor)
    with _step(MAPPING):
        services.write_draft(
            connection, {"mapping": own.mapping, "conditions": own.conditions}, actor=actor
        )
    return connection


def _object(
    draft: WizardDraft, own: SidePlan, made: dict[str, ConnectObject], actor: Actor
) -> ConnectObject:
    if own.object_type in made:
        return made[own.object_type]
    if own.origin == TEMPLATE:
        return object_templates.make(draft.tenant, [own.object_type], actor=actor)[0]
    row = create_object(
        tenant=draft.tenant, object_type=own.object_type, name=own.object_name, actor=actor
    )
    add_fields(row, new_fields(own), actor=actor)
    return row


@contextmanager
def _step(number: int) -> Iterator[None]:
    """Say of a refusal at which step it happened."""
    try:
        yield
    except Unfinished:
        raise
    except SyncAppError as error:
        told = " ".join(dict.fromkeys([*error.fields.values()] or [error.message]))
        raise Unfinished(number, told) from error
