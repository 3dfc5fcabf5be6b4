"""The one tag library: `{% load ui %}`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from syncapp.ui import formats, html, icons
from syncapp.ui.forms import SecretInput
from syncapp.ui.links import tenant_reverse

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Inline an icon: `{% icon "plus" %}`."""
    return icons.icon(name, extra)


@register.simple_tag
def badge(state: object, word: str = "") -> SafeString:
    """Show a state: `{% badge run.state %}`."""
    return html.badge(state, word)


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """Show a moment: `{% when run.started_at %}`. The clock is read here, at the edge."""
    return html.when(moment, timezone.now())


@register.simple_tag
def mono(text: object) -> SafeString:
    """Show an identifier with its copy button: `{% mono record.key %}`."""
    return html.copyable(text)


@register.filter
def duration(value: timedelta | float | None) -> SafeString | str:
    """Show a span: `{{ run.took|duration }}`, a timedelta or seconds."""
    return html.EMPTY if value is None else formats.duration(value)


@register.filter
def count(value: int | None) -> SafeString | str:
    """Show a number in groups: `{{ run.n_read|count }}`."""
    return html.EMPTY if value is None else formats.count(value)


@register.filter
def coded(text: str) -> SafeString:
    """Show what stands between backticks as code: `{{ one.help|coded }}`."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if at % 2 else part,) for at, part in parts),
    )


@register.simple_tag(takes_context=True)
def turl(context: template.Context, name: str, **kwargs: object) -> str:
    """Reverse an address of this tenant: `{% turl "objects:object_list" pk=object.pk %}`."""
    return tenant_reverse(context["request"], name, **kwargs)


@register.simple_tag(takes_context=True)
def query_string(context: template.Context, *updates: dict[str, Any], **changes: object) -> str:
    """Give this page's query string, changed: `{% query_string page=2 sort=None %}`.

    None removes a parameter; positions take dictionaries. Whatever selects a page (`page`,
    `cursor`) is dropped unless it is set here: another order or size starts at the beginning.
    """
    request: HttpRequest = context["request"]
    query: QueryDict = request.GET.copy()
    for name in ("page", "cursor"):
        query.pop(name, None)
    for name, value in {
        k: v for update in (*updates, changes) for k, v in update.items()
    }.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


_KINDS = (
    (CheckboxSelectMultiple, "choices"),
    (RadioSelect, "choices"),
    (CheckboxInput, "check"),
    (SecretInput, "secret"),
    (Select, "select"),
    (Textarea, "text"),
)
_CLASSES = {"check": "form-check-input", "select": "form-select"}


@register.simple_tag
def control(field: BoundField, extra: str = "") -> SafeString:
    """Draw the bare input of any form's field in our look."""
    kind = _kind(field)
    own = field.field.widget.attrs.get("class", "")
    classes = [
        _CLASSES.get(kind, "form-control"),
        own,
        extra,
        "is-invalid" if field.errors else "",
    ]
    return field.as_widget(attrs={"class": " ".join(part for part in classes if part)})


@register.inclusion_tag("ui/_field.html")
def field(field: BoundField) -> dict[str, Any]:
    """Draw a field with label, help and errors: `{% field form.name %}`; any Django form will do."""
    if _kind(field) == "choices":  # each of them is drawn by itself
        field.field.widget.attrs.setdefault("class", "form-check-input")
    before, after = getattr(field.form, "adornments", {}).get(field.name, ("", ""))
    return {"field": field, "kind": _kind(field), "before": before, "after": after}


def _kind(field: BoundField) -> str:
    return next(
        (kind for widget, kind in _KINDS if isinstance(field.field.widget, widget)), "input"
    )
