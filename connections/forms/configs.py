"""Forms of configs: generated from what a system type declares; and the import of fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from connections import declared
from connections.kit.base import Setting, SettingKind, System
from connections.models import ConnectionConfig
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form, SecretField, Section


class ConfigForm(Form):
    """A config of one system type; what the type declares becomes fields.

    Their names are `settings.<name>` and `secrets.<name>`, as the service calls them too.
    """

    name = forms.CharField(
        max_length=100, help_text="Shown in lists and pickers, such as “Production ERP”."
    )
    environment = forms.ChoiceField(
        choices=ConnectionConfig.Environment.choices,
        initial=ConnectionConfig.Environment.LIVE,
        help_text="Shown beside the name, so that nobody mistakes a test system.",
    )

    def __init__(
        self, *args: Any, kind: type[System], saved: Iterable[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind.endpoint_label is not None:
            self.fields["endpoint"] = forms.CharField(
                label=kind.endpoint_label,
                max_length=500,
                help_text=kind.endpoint_help,
                widget=forms.TextInput(
                    attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
                ),
            )
        for setting in kind.settings:
            group = "secrets" if setting.secret else "settings"
            field = _setting_field(setting, saved=setting.name in set(saved))
            self.fields[f"{group}.{setting.name}"] = field
        access = tuple(name for name in self.fields if name not in {"name", "environment"})
        self.sections = (  # type: ignore[misc]  # they depend on the type
            Section(kind.label, "", ("name", "environment")),
            Section("Access", "Secrets are stored encrypted and never shown again.", access),
        )

    def given(self) -> declared.Given:
        """Give what was entered, for the service."""
        data = self.cleaned_data
        return declared.Given(
            name=data["name"],
            environment=data["environment"],
            endpoint=data.get("endpoint", ""),
            settings=_group("settings.", data),
            secrets=_group("secrets.", data),
        )


def config_initial(config: ConnectionConfig) -> dict[str, Any]:
    """Give the form's values for a config that exists; no secrets."""
    settings = {f"settings.{name}": value for name, value in config.settings.items()}
    return {
        "name": config.name,
        "environment": config.environment,
        "endpoint": config.endpoint,
        **settings,
    }


def _group(prefix: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): data[name] for name in data if name.startswith(prefix)}


def _setting_field(setting: Setting, *, saved: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required,
    }
    match setting.kind:
        case SettingKind.SECRET:
            return SecretField(saved=saved, **common)
        case SettingKind.BOOLEAN:
            common["required"] = False
            return forms.BooleanField(initial=bool(setting.default), **common)
        case SettingKind.CHOICE:
            blank = () if setting.required or setting.default else (("", "–"),)
            return forms.ChoiceField(
                choices=(*blank, *setting.choices), initial=setting.default, **common
            )
        case SettingKind.INTEGER:
            return forms.IntegerField(initial=setting.default, **common)
        case SettingKind.YAML | SettingKind.LONG_TEXT:
            look = "code" if setting.kind is SettingKind.YAML else ""
            attrs = {"rows": 12 if look else 5, "spellcheck": "false", "class": look}
            return forms.CharField(
                initial=setting.default,
                strip=False,
                widget=forms.Textarea(attrs=attrs),
                **common,
            )
    return forms.CharField(initial=setting.default, **common)


class ConfigField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """A config of this tenant and of the connection's type."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the environment, so that nobody takes a test system for the live one."""
        return f"{obj.name} [{obj.environment.upper()}]"


class ImportFieldsForm(Form):
    """Where fields of a connect object come from, and which of them."""

    config = ConfigField(
        queryset=ConnectionConfig.objects.none(),
        label="Connection config",
        empty_label="Choose a config",
    )
    entity = forms.CharField(
        max_length=200,
        help_text="Whose fields. Show fields asks the system what it has.",
        widget=forms.TextInput(
            attrs={"list": "entities", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    fields_ = forms.MultipleChoiceField(
        label="Fields", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, tenant: Tenant, found: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        config: Any = self.fields["config"]
        config.queryset = ConnectionConfig.objects.for_tenant(tenant).order_by("name")
        if found:
            self.fields["fields_"].choices = found  # type: ignore[attr-defined]
        else:
            del self.fields["fields_"]
