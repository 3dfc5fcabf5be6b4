"""What the second and third step make of what was entered: defaults, templates, new objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from connections import declared, discovery, templates
from connections.document import plain, read_conditions, read_mappings
from connections.models import WizardDraft
from connections.templates.files import object_files
from connections.wizard.plan import (
    EXISTING,
    INBOUND,
    NEW,
    SAME,
    SYSTEM,
    TEMPLATE,
    Plan,
    SidePlan,
)
from connections.wizard.sides import config_of
from formulas.language import paths
from objects.models import ConnectObject
from objects.services.rules import name_for
from syncapp.tenants.models import Tenant

_OPTIONS = ("query_filter", "key_from")
_PLAIN = ("skip", "system_type", "name", "entity", "origin", "primary_key", "active")


def take(draft: WizardDraft, plan: Plan, side: str, sent: Mapping[str, Any]) -> None:
    """Put what was entered on one side into the plan, and what follows from it.

    Args:
        draft: whose plan it is.
        plan: changed in place.
        side: inbound or outbound.
        sent: values of the form that are sound; others stay as they were.
    """
    own, before = plan.side(side), msgspec.structs.replace(plan.side(side))
    for name in _PLAIN:
        if name in sent:
            setattr(own, name, sent[name])
    own.origin = own.origin or EXISTING
    for name in ("config", "object"):
        if name in sent:
            setattr(own, name, sent[name].pk if sent[name] is not None else None)
    own.options = {
        **own.options,
        **{name: sent[name] for name in _OPTIONS if sent.get(name) is not None},
    }
    if own.system_type != before.system_type:
        own.config, own.samples = None, []
    if (own.config, own.entity) != (before.config, before.entity):
        own.samples = []
    _apply_template(draft, plan, side)
    if own.origin in NEW:
        _new_object(draft.tenant, own, before, sent)
        if own.origin == SYSTEM and not draft.draft_steps.filter(side=side).exists():
            own.mapping = _rows(own, side)
            _choose_key(own, side)
    if own.origin == SAME and plan.inbound.skip:
        own.origin = EXISTING
    # Rows have names from now on, so that the editors' pages can speak of them.
    own.mapping = plain(read_mappings(own.mapping))
    own.conditions = plain(read_conditions(own.conditions))


def origins(plan: Plan, side: str) -> list[str]:
    """List where the connect object of a side can come from."""
    own = plan.side(side)
    found = [EXISTING, SYSTEM]
    if own.origin == TEMPLATE or (own.adapted and _part(own.object_type) is not None):
        found.append(TEMPLATE)
    if side != INBOUND and not plan.inbound.skip:
        found.append(SAME)
    return found


def use_cases() -> list[templates.Template]:
    """List all templates that fit any kind of system here."""
    found = {one.name: one for code, _ in declared.offered() for one in templates.offered(code)}
    return sorted(found.values(), key=lambda one: one.label)


def chosen_template(plan: Plan) -> templates.Template | None:
    """Give the use case that the draft began with, if it is still there."""
    return templates.named(plan.template) if plan.template else None


def _apply_template(draft: WizardDraft, plan: Plan, side: str) -> None:
    """Say the use case in the system's words, until somebody has edited the mapping."""
    own, template = plan.side(side), chosen_template(plan)
    if template is None or template.direction != side or not own.system_type:
        return
    mark = f"{plan.template} {own.system_type} {own.config}"
    edited = draft.draft_steps.filter(side=side).exists()
    if own.adapted == mark or edited:
        return
    if template.name not in {one.name for one in templates.offered(own.system_type)}:
        return
    known = templates.entities_of(config_of(draft.tenant, own))
    found = templates.adapt(template, own.system_type, known)
    own.adapted = mark
    own.entity, own.primary_key = found.entity, found.primary_key
    own.mapping, own.conditions = found.rows, found.conditions
    own.options = {**own.options, **found.options}
    if side == INBOUND:
        own.options["query_filter"] = found.query_filter
    stored = ConnectObject.objects.for_tenant(draft.tenant).filter(type=found.object_type)
    existing = stored.values_list("pk", flat=True).first()
    if existing is not None:
        own.origin, own.object = EXISTING, existing
    elif (part := _part(found.object_type)) is not None:
        own.origin, own.object = TEMPLATE, None
        own.object_type, own.object_name = part.type, part.name
        own.fields = msgspec.to_builtins(part.fields)


def _new_object(
    tenant: Tenant, own: SidePlan, before: SidePlan, sent: Mapping[str, Any]
) -> None:
    if own.origin == TEMPLATE:
        part = _part(own.object_type)
        own.fields = msgspec.to_builtins(part.fields) if part is not None else []
        return
    entity = discovery.known_entity(config_of(tenant, own), own.entity)
    found = discovery.importable(entity) if entity is not None else []
    fresh = before.origin != SYSTEM or (own.config, own.entity) != (
        before.config,
        before.entity,
    )
    if fresh or not before.fields:
        own.fields = found
        own.object_type = _type_of(own.entity)
        label = declared.label_of(own.system_type)
        own.object_name = f"{label} {own.entity}"[:100] if own.entity else ""
    else:
        chosen = set(sent.get("fields_", [one["name"] for one in own.fields]))
        own.fields = [one for one in found if one["name"] in chosen] if found else own.fields
        own.object_type = sent.get("object_type", own.object_type)
        own.object_name = sent.get("object_name", own.object_name)


def _choose_key(own: SidePlan, side: str) -> None:
    """Find records by the key of the entity, unless another of its fields was chosen."""
    named = [one["name"] for one in own.fields]
    names = [name_for(name) for name in named] if side == INBOUND else named
    if own.primary_key not in names:
        keys = [one.get("is_key", False) for one in own.fields]
        own.primary_key = names[keys.index(True)] if True in keys else ""


def _rows(own: SidePlan, side: str) -> list[dict[str, Any]]:
    """Map each field of a new object and the field that it was made of."""
    pairs = [(name_for(one["name"]), one["name"]) for one in own.fields]
    if side == INBOUND:
        return [{"target": ours, "source": paths.spell(theirs)} for ours, theirs in pairs]
    return [{"target": paths.spell(theirs), "source": ours} for ours, theirs in pairs]


def _type_of(entity: str) -> str:
    text = re.sub(r"[^a-z0-9]+", "", entity.lower())[:40]
    return text if text[:1].isalpha() else f"o{text}"[:40] if text else ""


def _part(type_: str) -> Any:
    parts = (file.objects[0] for file in object_files())
    return next((part for part in parts if part.type == type_), None)
