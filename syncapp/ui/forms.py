"""The base of every form: sections, adornments, secrets. `ui/form.html` draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from syncapp.errors import SyncAppError


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a form: a heading, one line of help, names of fields."""

    heading: str
    help: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A section with its bound fields, as the template sees it."""

    heading: str
    help: str
    fields: tuple[BoundField, ...]


class FormMixin:
    """What our forms have in common.

    Attributes:
        sections: how the fields are grouped; fields that no section names come first.
        adornments: (before, after) an input, by field: {"interval": ("every", "min")}.
    """

    sections: ClassVar[tuple[Section, ...]] = ()
    adornments: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def blocks(self: Any) -> list[Block]:
        """Give the visible fields in their sections, in order; empty sections are left out."""
        named = {name for section in self.sections for name in section.fields}
        rest = tuple(bound for bound in self.visible_fields() if bound.name not in named)
        blocks = [Block("", "", rest)] if rest else []
        for section in self.sections:
            fields = tuple(self[name] for name in section.fields if name in self.fields)
            if fields:
                blocks.append(Block(section.heading, section.help, fields))
        return blocks

    def refuse(self: Any, error: SyncAppError) -> None:
        """Show a service's refusal beside the fields it names, the rest on top."""
        for name, message in error.fields.items():
            self.add_error(name if name in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)


class Form(FormMixin, forms.Form):
    """A form of ours."""


class ModelForm(FormMixin, forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A form of ours for one row; services save, not the form."""


class SecretInput(forms.PasswordInput):
    """Write-only: says that a value is saved, never what it is.

    Without a script too: *Replace* is a native disclosure around the input.

    Attributes:
        saved: a value is stored; set by the field.
    """

    saved = False
    removable = False

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            {"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})}
        )

    def render(
        self,
        name: str,
        value: Any,  # not even by accident
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """Draw the input, never with a value, and what is said around it."""
        return render_to_string(
            "ui/_secret.html",
            {
                "input": super().render(name, None, attrs, renderer),
                "name": name,
                "saved": self.saved,
                "removable": self.removable,
                "wrong": "aria-invalid" in (attrs or {}),
            },
        )

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> str | None:
        """Read the new text; None keeps what is saved, an empty text removes it."""
        if data.get(name):
            return str(data[name])
        if self.removable and data.get(f"{name}-remove"):
            return ""
        return None

    def use_required_attribute(self, _initial: Any) -> bool:
        """Demand a value only where none is saved."""
        return not self.saved


class SecretField(forms.CharField):
    """A password or token that can be set and replaced, never read.

    Cleans to None (keep what is saved), "" (remove it; only where not required) or the new text.

    Args:
        saved: a value is stored already.
    """

    widget = SecretInput

    def __init__(self, *, saved: bool = False, **options: Any) -> None:
        options.setdefault("strip", False)
        super().__init__(**options)
        self.saved = saved
        self.widget.saved = saved
        self.widget.removable = saved and not self.required

    def clean(self, value: Any) -> str | None:
        """Give the new text, or None to keep what is saved."""
        if value is None and (self.saved or not self.required):
            return None
        cleaned: str = super().clean(value)
        return cleaned

    def has_changed(self, _initial: Any, data: Any) -> bool:
        """Tell whether something was typed or removed."""
        return data is not None
