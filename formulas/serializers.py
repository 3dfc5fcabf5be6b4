"""Value maps and functions as REST clients see them; services save, serializers never do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from formulas.language import values
from formulas.models import MAP_NAME, ValueMap, ValueMapUnmapped
from formulas.services import entries as rules, maps

_VALUES = {"type": ["string", "number", "boolean", "null"]}


@extend_schema_field({"type": "object", "additionalProperties": _VALUES})
class EntriesField(serializers.Field[Any, Any, Any, Any]):
    """Entries as one JSON object: text, number or boolean by key."""

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        """Spell values as text; null stays null."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError('An object such as {"10": "net30"}.')
        if any(isinstance(value, list | dict) for value in data.values()):
            raise serializers.ValidationError("A value is a text, number, boolean or null.")
        return {
            key: None if value is None else values.text(value) for key, value in data.items()
        }

    def get_attribute(self, instance: ValueMap) -> ValueMap:
        """Ask the whole map: its type says how values are given."""
        return instance

    def to_representation(self, row: ValueMap) -> dict[str, Any]:
        """Give values as formulas get them."""
        found = maps.entries_of(row)
        return {key: rules.typed(text, row.value_type) for key, text in found.items()}


class MapSerializer(serializers.Serializer[Any]):
    """A value map in a list."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=60, validators=[MAP_NAME])
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    value_type = serializers.ChoiceField(ValueMap.ValueType.choices, required=False)
    revision = serializers.IntegerField(read_only=True)
    n_entries = serializers.IntegerField(read_only=True)
    n_unmapped = serializers.IntegerField(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True)


class WholeMapSerializer(MapSerializer):
    """A value map with all its entries."""

    entries = EntriesField(required=False)


class UnmappedSerializer(serializers.ModelSerializer[ValueMapUnmapped]):
    """A value that was met and that the map does not have."""

    class Meta:
        model = ValueMapUnmapped
        fields = ("key", "count", "first_seen", "last_seen", "ignored")


class ParameterSerializer(serializers.Serializer[Any]):
    """A parameter of a function."""

    name = serializers.CharField()
    kind = serializers.CharField(source="kind.name")
    default = serializers.CharField(allow_null=True)
    many = serializers.BooleanField()  # type: ignore[assignment]  # collected by the metaclass


@extend_schema_field(
    {
        "type": "object",
        "properties": {"formula": {"type": "string"}, "result": {}},
    }
)
class ExampleField(serializers.Field[Any, Any, Any, Any]):
    """An example with its result."""

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Give both."""
        return {"formula": value.formula, "result": value.result}


class FunctionSerializer(serializers.Serializer[Any]):
    """A function of the formula language."""

    name = serializers.CharField(source="function.name")
    aliases = serializers.ListField(child=serializers.CharField(), source="function.aliases")
    group = serializers.CharField()
    signature = serializers.CharField(source="function.signature")
    parameters = ParameterSerializer(many=True, source="function.parameters")
    returns = serializers.CharField(source="function.returns")
    help = serializers.CharField(source="function.help")
    notes = serializers.CharField(source="function.notes")
    examples = serializers.ListField(child=ExampleField())
