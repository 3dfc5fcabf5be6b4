"""How configs and connections look to REST clients; serializers judge and never save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from connections import configs, services
from connections.declared import Given
from connections.document import MAX_PATH, IfEmpty, Kind, When, read_mappings
from connections.models import Connection, ConnectionConfig
from formulas.language import limits
from objects.models import ConnectObject
from objects.values import storable
from syncapp import canonical

_NO_CHOICE: dict[str, Any] = {"does_not_exist": "“{pk_value}” is not a valid choice."}


class OwnedField(serializers.PrimaryKeyRelatedField[Any]):
    """A reference to a row of the key's own tenant; others are no choice."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_NO_CHOICE, **options)

    def get_queryset(self) -> QuerySet[Any]:
        """Give what may be referred to."""
        rows: QuerySet[Any] = super().get_queryset()  # type: ignore[assignment]
        if getattr(self.context["view"], "swagger_fake_view", False):
            return rows
        found: QuerySet[Any] = rows.model.objects.for_tenant(self.context["view"].tenant)
        return found


class CheckSerializer(serializers.Serializer[Any]):
    """One line of a config's test."""

    name = serializers.CharField()
    ok = serializers.BooleanField()
    message = serializers.CharField()
    elapsed_ms = serializers.IntegerField()


class ConfigSerializer(serializers.ModelSerializer[ConnectionConfig]):
    """Address and credentials of one system."""

    settings = serializers.DictField(required=False, help_text="As the system type declares.")
    secrets = serializers.DictField(
        child=serializers.CharField(allow_blank=True, allow_null=True, trim_whitespace=False),
        required=False,
        write_only=True,
        help_text="Those that are left out or null stay as they are; an empty text removes one.",
    )
    saved_secrets = serializers.SerializerMethodField(help_text="Names of what is saved.")
    account = serializers.StringRelatedField[Any](
        help_text="The company behind it, once known."
    )
    test = CheckSerializer(many=True, read_only=True, help_text="Lines of the last test.")

    class Meta:
        model = ConnectionConfig
        fields = (
            "id",
            "name",
            "system_type",
            "environment",
            "endpoint",
            "settings",
            "secrets",
            "saved_secrets",
            "account",
            "tested_at",
            "test_ok",
            "test",
        )
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": []}}

    def get_saved_secrets(self, config: ConnectionConfig) -> list[str]:
        """Name the secrets that are stored."""
        return sorted(configs.saved_secrets(config))

    def given(self, config: ConnectionConfig | None) -> Given:
        """Give what was sent, over what is stored where it is a part."""
        sent = self.validated_data
        present: Mapping[str, Any] = {}
        if config is not None and self.partial:
            names = ("name", "environment", "endpoint", "settings")
            present = {name: getattr(config, name) for name in names}
        merged = {**present, **{name: sent[name] for name in sent if name != "settings"}}
        merged["settings"] = {**present.get("settings", {}), **sent.get("settings", {})}
        merged.pop("system_type", None)
        return Given(**merged)


class MappingSerializer(serializers.Serializer[Any]):
    """One line of the mapping table."""

    uuid = serializers.CharField(
        required=False, max_length=36, help_text="Of a line that was there before."
    )
    target = serializers.CharField(
        max_length=MAX_PATH,
        help_text="Field, or path into one that holds an object; for `children` an object type.",
    )
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], default=Kind.FIELD)
    source = serializers.CharField(  # type: ignore[assignment]  # the metaclass takes it away
        max_length=MAX_PATH,
        allow_blank=True,
        default="",
        help_text="Path, for kinds `field`, `map`, `lines` and `children`.",
    )
    value = serializers.JSONField(
        allow_null=True, default=None, help_text="Constant, for kind `raw`; kept as text."
    )
    formula = serializers.CharField(
        max_length=limits.LENGTH,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="For kind `formula`.",
    )
    map = serializers.CharField(
        max_length=MAX_PATH,
        allow_blank=True,
        default="",
        help_text="Value map, for kind `map`.",
    )
    when = serializers.ChoiceField(choices=[when.value for when in When], default=When.ALWAYS)
    if_empty = serializers.ChoiceField(
        choices=[option.value for option in IfEmpty], default=IfEmpty.TAKE
    )
    default = serializers.JSONField(
        allow_null=True, default=None, help_text="Constant that `if_empty` = default takes."
    )
    keep_filled = serializers.BooleanField(
        default=False, help_text="Leave a target alone that has a value."
    )
    enabled = serializers.BooleanField(default=True)
    suggested = serializers.BooleanField(default=False)
    rows = serializers.ListField(
        child=serializers.DictField(), default=list, help_text="Mappings of a line, likewise."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take each line as a whole: in a PATCH the table may be left out, not its parts."""
        if "target" not in attrs:
            raise serializers.ValidationError({"target": "This field is required."})
        return attrs

    def validate_value(self, value: Any) -> str | None:
        """Keep constants as text; the type of the target decides what it means."""
        return self._text(value)

    def validate_default(self, value: Any) -> str | None:
        """Keep this constant likewise."""
        return self._text(value)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Show nested mappings as plain values."""
        nested = MappingSerializer(instance.rows, many=True).data if instance.rows else []
        names = (str(name) for name in self.get_fields())
        return {**{name: getattr(instance, name) for name in names}, "rows": nested}

    def _text(self, value: Any) -> str | None:
        if value is None:
            return None
        try:
            text = value if isinstance(value, str) else canonical.text(value)
        except UnicodeEncodeError:
            text = "\0"
        if not storable(text):
            message = "This holds a character that cannot be stored."
            raise serializers.ValidationError(message)
        return text


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """A connection: the draft, and whether it runs."""

    config = OwnedField(
        queryset=ConnectionConfig.objects.none(), allow_null=True, required=False
    )
    object = OwnedField(queryset=ConnectObject.objects.none(), allow_null=True, required=False)
    mappings = serializers.SerializerMethodField()
    conditions = serializers.DictField(
        required=False, help_text="Which records take part: `join`, `rows`, `groups`."
    )
    version = serializers.IntegerField(
        source="live_version.number", read_only=True, default=None, help_text="What runs."
    )

    class Meta:
        model = Connection
        fields = (
            "id",
            "direction",
            "system_type",
            *services.EDITABLE,
            "mappings",
            "conditions",
            "active",
            "version",
        )
        read_only_fields = ("active",)
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "name": {"validators": []},
            "direction": {
                "required": False,
                "help_text": "Of a new one; `inbound` if left out.",
            },
        }

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Let the mappings be written as one table."""
        return {
            **super().get_fields(),
            "mappings": MappingSerializer(many=True, required=False),
        }

    def to_representation(self, instance: Connection) -> dict[str, Any]:
        """Show the mappings in their order."""
        shown = super().to_representation(instance)
        rows = read_mappings(instance.mapping)
        return {**shown, "mappings": MappingSerializer(rows, many=True).data}


ENTITY = inline_serializer(
    "RemoteEntity",
    {
        "name": serializers.CharField(),
        "label": serializers.CharField(),
        "fields": serializers.ListField(child=serializers.CharField()),
        "seen_at": serializers.DateTimeField(),
    },
    many=True,
)
SAMPLE = inline_serializer(
    "Sample",
    {
        "records": serializers.ListField(child=serializers.DictField()),
        "fields": serializers.ListField(child=serializers.CharField()),
        "unreadable": serializers.IntegerField(),
        "elapsed_ms": serializers.IntegerField(),
    },
)
