"""Objects, fields and records as REST clients see them; services save, serializers never do."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from objects.models import NAME_RULE, ConnectField, ConnectObject


class ChoiceSerializer(serializers.Serializer[Any]):
    """One choice of a field."""

    value = serializers.CharField(max_length=512)
    label = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]  # collected by the metaclass

    def to_internal_value(self, data: Any) -> list[str]:
        """Give value and label as they are stored."""
        found = super().to_internal_value(data)
        return [found["value"], found.get("label") or found["value"]]

    def to_representation(self, instance: Any) -> dict[str, str]:
        """Give both by name."""
        value, label = instance
        return {"value": value, "label": label}


@extend_schema_field({})
class ExactField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON, its numbers untouched; the service judges it."""

    def to_internal_value(self, data: Any) -> Any:
        """Take it as it was decoded."""
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is stored."""
        return value


class FieldSerializer(serializers.Serializer[Any]):
    """A connect field."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=60, validators=[NAME_RULE])
    label = serializers.CharField(max_length=100, required=False, allow_blank=True)  # type: ignore[assignment]  # collected by the metaclass
    type = serializers.ChoiceField(ConnectField.Type.choices, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    is_key = serializers.BooleanField(required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]  # collected by the metaclass
    is_unique = serializers.BooleanField(required=False)
    indexed = serializers.ChoiceField(ConnectField.Indexed.choices, required=False)
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]  # collected by the metaclass
    choices = ChoiceSerializer(many=True, required=False)
    reference = serializers.SlugRelatedField(
        slug_field="type",
        queryset=ConnectObject.objects.none(),
        required=False,
        allow_null=True,
        help_text="Type of the object whose keys the field holds.",
    )
    max_length = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    scale = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    default = ExactField(required=False, allow_null=True)
    sensitivity = serializers.ChoiceField(ConnectField.Sensitivity.choices, required=False)
    formula = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Calculates the field from others of the record; nothing else writes it.",
    )
    position = serializers.IntegerField(read_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Let references point to objects of the key's tenant only."""
        fields = super().get_fields()
        if tenant := self.context.get("tenant"):
            reference: Any = fields["reference"]
            reference.queryset = ConnectObject.objects.for_tenant(tenant)
        return fields


class ObjectSerializer(serializers.Serializer[Any]):
    """A connect object with its fields."""

    id = serializers.IntegerField(read_only=True)
    type = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    kind = serializers.CharField(read_only=True)
    parent = serializers.SlugRelatedField(  # type: ignore[assignment]  # collected by the metaclass
        slug_field="type",
        queryset=ConnectObject.objects.none(),
        required=False,
        allow_null=True,
        help_text="Type of the object to whose records these belong.",
    )
    fields_ = FieldSerializer(many=True, read_only=True, source="ordered_fields")
    created_at = serializers.DateTimeField(read_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the fields by their name, which the base class keeps for itself."""
        fields = {name.rstrip("_"): field for name, field in super().get_fields().items()}
        if tenant := self.context.get("tenant"):
            parent: Any = fields["parent"]
            parent.queryset = ConnectObject.objects.for_tenant(tenant)
        return fields


class RecordSerializer(serializers.Serializer[Any]):
    """A record; only `values` can be written."""

    id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    rev = serializers.IntegerField(read_only=True, help_text="Revision, also the `ETag`.")
    seq = serializers.IntegerField(
        read_only=True, help_text="Position of its last change among all of the object."
    )
    deleted = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    values = serializers.DictField(
        help_text="Field → value. Numbers are exact; null empties a field, an absent one stays."
    )
