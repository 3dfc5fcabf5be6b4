"""The Connect Wizard: drafts, the six steps, and the end of them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import View

from connections import configs, declared, discovery
from connections.directions import DIRECTIONS
from connections.forms.drafts import entity_key_choices, key_choices
from connections.forms.wizard import ORIGIN_LABELS, InformationForm, SideForm
from connections.kit.base import RemoteError
from connections.models import ConnectionConfig, WizardDraft
from connections.views.stepper import crumbs, side_of, stepper
from connections.wizard import drafting, settings
from connections.wizard.finish import Unfinished, finish
from connections.wizard.plan import (
    COMPLETED,
    INBOUND,
    INFORMATION,
    NEW,
    STEPS,
    Plan,
    read_plan,
)
from connections.wizard.review import remarks
from connections.wizard.sides import WizardSide, config_of, object_of
from objects.services import load_shape
from objects.services.rules import name_for
from syncapp.errors import Changed, SyncAppError
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission
from syncapp.ui.forms import Form
from syncapp.ui.links import see_other, tenant_reverse

MAKING = "connectors.create"
"""Whoever may make connectors may describe one; each side asks for its own permission at the end."""


@permission("wizard.view")
@require_http_methods(["GET"])
def wizard(request: TenantRequest) -> HttpResponse:
    """Show the drafts of whoever asks, and how to begin another."""
    drafts = drafting.drafts_of(request.tenant, request.member)
    context = {
        "title": "Connect Wizard",
        "crumbs": crumbs(request)[:1],
        "drafts": [{"draft": one, "step_name": STEPS[one.step - 1]} for one in drafts],
        "steps": STEPS,
        "use_cases": settings.use_cases(),
        "may_make": may(request, MAKING),
    }
    return render(request, "connections/wizard.html", context)


@permission(MAKING)
@require_POST
def wizard_begin(request: TenantRequest) -> HttpResponse:
    """Begin a draft."""
    try:
        draft = drafting.begin(request.tenant, request.member, now=timezone.now())
    except SyncAppError as error:
        messages.error(request, error.message)
        return see_other(request, tenant_reverse(request, "connections:wizard"))
    return see_other(request, step_url(request, draft, INFORMATION))


@permission(MAKING)
@require_http_methods(["GET", "POST"])
def wizard_discard(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask, then throw a draft away."""
    draft = own_draft(request, pk)
    back = tenant_reverse(request, "connections:wizard")
    if request.method == "POST":
        drafting.discard(draft)
        messages.success(request, f"Discarded “{draft}”.")
        return see_other(request, back)
    context = {
        "title": f"Discard {draft}",
        "crumbs": crumbs(request),
        "question": f"Discard the draft “{draft}”?",
        "verb": "Discard draft",
        "cancel_url": back,
    }
    part = "#dialog" if request.htmx else ""
    return render(request, f"ui/confirm.html{part}", context)


@permission(MAKING)
@require_POST
def wizard_finish(request: TenantRequest, pk: int) -> HttpResponse:
    """Make everything at once, or say at which step that is not possible."""
    draft = own_draft(request, pk)
    try:
        connector = finish(
            draft,
            may=lambda code: may(request, code),
            actor=request.actor,
            now=timezone.now(),
        )
    except Unfinished as error:
        messages.error(request, error.message)
        return see_other(request, step_url(request, draft, COMPLETED))
    messages.success(request, f"Made connector “{connector}”.")
    url = tenant_reverse(request, "connections:connector_detail", pk=connector.pk)
    return see_other(request, url)


def own_draft(request: HttpRequest, pk: int) -> WizardDraft:
    """Give a draft of whoever asks; those of others are not there."""
    known = cast("TenantRequest", request)
    rows = drafting.drafts_of(known.tenant, known.member).select_related("tenant", "member")
    found: WizardDraft = get_object_or_404(rows, pk=pk)
    return found


def step_url(request: HttpRequest, draft: WizardDraft, step: int) -> str:
    """Address a step of a draft."""
    return tenant_reverse(request, "connections:wizard_step", pk=draft.pk, step=step)


def _types(present: str) -> list[tuple[str, str]]:
    """Offer the kinds of systems; one that was chosen stays, even if it is no longer offered."""
    found = declared.offered()
    if present and present not in dict(found):
        found.append((present, declared.label_of(present)))
    return found


class WizardStep(View):
    """One step. It holds its own transactions, because looking up entities talks."""

    request: TenantRequest
    trouble = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Talk first, if the button asks for it, and then answer inside the tenant's door."""
        if not INFORMATION <= kwargs["step"] <= COMPLETED:
            raise Http404
        self.step: int = kwargs["step"]
        tenant = cast("TenantRequest", request).tenant
        if request.method == "POST" and request.POST.get("_redraw") == "entities":
            self._discover(tenant)
        with door.tenant(tenant.pk):
            self.draft = own_draft(request, kwargs["pk"])
            return super().dispatch(request, *args, **kwargs)

    def get(self, request: TenantRequest, **_kwargs: Any) -> HttpResponse:
        """Show the step; a config that was made for it is taken over."""
        side = side_of(self.step)
        made = request.GET.get("config", "")
        if side and made.isdecimal() and len(made) < 19:
            self._take_config(side, int(made))
            return see_other(request, step_url(request, self.draft, self.step))
        plan = read_plan(self.draft.data)
        if side is None and self.step not in {INFORMATION, COMPLETED}:
            first = next(iter(plan.used), INBOUND)
            page = "mapping" if self.step == 4 else "conditions"
            name = f"connections:wizard_{first}_{page}"
            return see_other(request, tenant_reverse(request, name, pk=self.draft.pk))
        if self.step == COMPLETED:
            return self._review(plan)
        return self._form_page(self._form(plan))

    def post(self, request: TenantRequest, **_kwargs: Any) -> HttpResponse:
        """Keep what was entered; then go on, go back, leave, or draw the step anew."""
        if side_of(self.step) is None and self.step != INFORMATION:
            self.draft = drafting.change(
                self.draft, lambda _: None, now=timezone.now(), step=self._next
            )
            return see_other(request, step_url(request, self.draft, self._next))
        form = self._form(read_plan(self.draft.data), data=request.POST)
        sound = form.is_valid()
        try:
            self._keep(form, sound=sound)
        except Changed as error:
            form.refuse(error)
            return self._form_page(form, status=412)
        if request.POST.get("_redraw"):
            return self._form_page(self._form(read_plan(self.draft.data)))
        if not sound and "_back" not in request.POST:
            return self._form_page(form, status=422)
        if "_config" in request.POST:
            return see_other(request, self._new_config())
        return see_other(request, step_url(request, self.draft, self._next))

    @property
    def _next(self) -> int:
        back = "_back" in self.request.POST
        return max(self.step - 1, INFORMATION) if back else min(self.step + 1, COMPLETED)

    def _keep(self, form: Any, *, sound: bool) -> None:
        sent, step = form.cleaned_data, self._next if sound else self.step
        redraw = bool(self.request.POST.get("_redraw"))
        stays = redraw or "_config" in self.request.POST
        etag = self.request.POST.get("etag", "")
        self.draft = drafting.change(
            self.draft,
            lambda plan: self._take(plan, sent),
            now=timezone.now(),
            step=self.step if stays else step,
            etag=int(etag) if etag.isdecimal() and len(etag) < 10 else None,
            passing=redraw,
        )

    def _take(self, plan: Plan, sent: dict[str, Any]) -> None:
        side = side_of(self.step)
        if side is not None:
            settings.take(self.draft, plan, side, sent)
            return
        for name in ("name", "description", "template"):
            if name in sent:
                setattr(plan, name, sent[name].strip())
        template = settings.chosen_template(plan)
        for other in ("inbound", "outbound"):
            if template is not None and other != template.direction and plan.side(other).blank:
                plan.side(other).skip = True

    def _form(self, plan: Plan, data: Any = None) -> Any:
        side = side_of(self.step)
        if side is None:
            cases = [
                (one.name, f"{one.label} · {one.direction}") for one in settings.use_cases()
            ]
            initial = {
                "name": plan.name,
                "description": plan.description,
                "template": plan.template,
            }
            return InformationForm(data, templates=cases, initial=initial)
        return self._side_form(plan, side, data)

    def _side_form(self, plan: Plan, side: str, data: Any) -> SideForm:
        own, tenant = plan.side(side), self.request.tenant
        sent_type = (data or {}).get("system_type", own.system_type)
        config = config_of(tenant, own)
        known = discovery.known_entity(config, own.entity)
        found = discovery.importable(known) if known is not None else own.fields
        form = SideForm(
            data,
            tenant=tenant,
            way=DIRECTIONS[side],
            types=_types(own.system_type),
            origins=[(one, ORIGIN_LABELS[one]) for one in settings.origins(plan, side)],
            found=[
                (one["name"], f"{one['name']} · {one.get('type', 'text')}") for one in found
            ],
            keys=self._keys(plan, side, known),
            system_type=sent_type,
            initial={
                **{
                    name: getattr(own, name)
                    for name in SideForm.base_fields
                    if hasattr(own, name)
                },
                **own.options,
                "fields_": [one["name"] for one in own.fields],
            },
        )
        form.keep(skip=own.skip and data is None, origin=own.origin)
        return form

    def _keys(self, plan: Plan, side: str, known: Any) -> list[tuple[str, str]]:
        own = plan.side(side)
        if side != INBOUND:
            return entity_key_choices(known, own.primary_key)
        if own.origin in NEW:
            names = [name_for(one["name"]) for one in own.fields]
            return [("", "Choose a field"), *((name, name) for name in names)]
        stored = object_of(self.request.tenant, plan, side)
        return key_choices(load_shape(stored) if stored is not None else None)

    def _form_page(self, form: Form, *, status: int = 200) -> HttpResponse:
        side, plan = side_of(self.step), read_plan(self.draft.data)
        context: dict[str, Any] = {**self._frame(), "form": form, "trouble": self.trouble}
        if side is not None:
            config = config_of(self.request.tenant, plan.side(side))
            saved = configs.saved_secrets(config) if config else frozenset()
            context |= {
                "way": DIRECTIONS[side],
                "side": plan.side(side),
                "config": config,
                "facts": declared.facts(config, saved) if config else [],
                "entities": discovery.known_entities(config) if config else [],
                "may_config": may(self.request, "configs.create"),
            }
        template = "connections/wizard_side.html" if side else "connections/wizard_form.html"
        return render(self.request, template, context, status=status)

    def _review(self, plan: Plan) -> HttpResponse:
        found = remarks(self.draft, lambda code: may(self.request, code))
        sides = [WizardSide(self.draft, side) for side in plan.used]
        context = {
            **self._frame(),
            "plan": plan,
            "sides": [
                {
                    "way": DIRECTIONS[one.side],
                    "connection": one.connection,
                    "type_label": declared.label_of(one.own.system_type),
                    "own": one.own,
                    "new": one.new_shape,
                    "mappings": len(one.own.mapping),
                    "conditions": len(one.own.conditions.get("rows", ()))
                    + len(one.own.conditions.get("groups", ())),
                }
                for one in sides
            ],
            "blocking": [one for one in found if one.blocks],
            "warnings": [one for one in found if not one.blocks],
            "may_dry_run": INBOUND in plan.used and may(self.request, "inbound.dry_run"),
        }
        return render(self.request, "connections/wizard_review.html", context)

    def _frame(self) -> dict[str, Any]:
        return {
            "title": self.draft.name or "New connector",
            "crumbs": crumbs(self.request),
            "draft": self.draft,
            "number": self.step,
            "step_name": STEPS[self.step - 1],
            "stepper": stepper(self.request, self.draft, self.step),
        }

    def _discover(self, tenant: Any) -> None:
        with door.tenant(tenant.pk):
            text = self.request.POST.get("config", "")
            known = text.isdecimal() and len(text) < 19
            rows = ConnectionConfig.objects.for_tenant(tenant)
            config = rows.filter(pk=int(text)).first() if known else None
        if config is None:
            self.trouble = "Choose a connection config first."
            return
        try:
            discovery.discover(config, now=timezone.now)
        except RemoteError as error:
            self.trouble = error.message

    def _new_config(self) -> str:
        """Lead to the form of a new config, which comes back here."""
        side = side_of(self.step) or INBOUND
        own = read_plan(self.draft.data).side(side)
        back = f"wizard={self.draft.pk}&step={self.step}"
        if not own.system_type:
            return f"{tenant_reverse(self.request, 'connections:config_create')}?{back}"
        name = "connections:config_create_of"
        url = tenant_reverse(self.request, name, system_type=own.system_type)
        return f"{url}?{back}"

    def _take_config(self, side: str, pk: int) -> None:
        rows = ConnectionConfig.objects.for_tenant(self.request.tenant)
        config = get_object_or_404(rows, pk=pk)

        def put(plan: Plan) -> None:
            kind = {"system_type": config.system_type, "skip": False}
            settings.take(self.draft, plan, side, kind)
            settings.take(self.draft, plan, side, {"config": config})

        self.draft = drafting.change(self.draft, put, now=timezone.now(), step=self.step)
