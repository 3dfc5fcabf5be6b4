from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from connections.definitions.places import MOST_BYTES
from connections.definitions.schema import Document, read
from connections.models import Connector
from connections.templates.objects import ObjectTemplate
from syncapp.errors import SyncAppError
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form


class ExportForm(Form):
    """What is exported."""

    connector = forms.ModelChoiceField(
        Connector.objects.none(),
        label="What",
        required=False,
        empty_label="Everything",
        to_field_name="name",
        help_text="A connector brings everything along that it uses: configs, objects, maps.",
    )

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connector = self.fields["connector"]
        assert isinstance(connector, forms.ModelChoiceField)
        connector.queryset = Connector.objects.for_tenant(tenant).order_by("name")


class ImportForm(Form):
    """A file, or its text; `document` is what it holds."""

    file = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,text/yaml"}),
        help_text=f"YAML as this page exports it, at most {MOST_BYTES // 1_000_000} MB.",
    )
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "code"}),
    )
    document: Document

    def clean(self) -> dict[str, Any]:
        """Read the file."""
        cleaned = super().clean() or self.cleaned_data
        name = "file" if cleaned.get("file") else "text"
        if self.errors or not (cleaned.get("file") or cleaned.get("text", "").strip()):
            self.add_error(None, "Choose a file, or enter its text.")
            return cleaned
        try:
            if name == "file":
                cleaned["text"] = _decoded(cleaned["file"])
            self.document = read(cleaned["text"].replace("\r\n", "\n"))
        except SyncAppError as error:
            self.add_error(name, error.message)
        except UnicodeDecodeError:
            self.add_error(name, "The file is not text in UTF-8.")
        return cleaned


def _decoded(file: Any) -> str:
    """Read a file, no more of it than may be there."""
    data: bytes = file.read(MOST_BYTES + 1)
    return data.decode("utf-8-sig")


class ObjectTemplatesForm(Form):
    """Which templates are to become objects."""

    types = forms.MultipleChoiceField(
        label="Templates",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one template."},
    )
    along = forms.BooleanField(
        label="Make the objects that these refer to as well, if they are missing",
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, templates: Sequence[ObjectTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = self.fields["types"]
        assert isinstance(types, forms.MultipleChoiceField)
        types.choices = [(one.type, one.name) for one in templates if not one.taken]
