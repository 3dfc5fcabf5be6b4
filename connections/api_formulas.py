"""Formulas for REST clients: what one gives on a record."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import answering, samples, trying
from connections.api import RemoteTroubleError
from connections.kit.base import RemoteError
from connections.models import Connection
from connections.samples import Sampled
from syncapp import canonical
from syncapp.errors import NotAllowed, NotThere
from syncapp.tenants import door
from syncapp.tenants.models import ApiKey, Tenant
from syncapp.ui.api import ViewSet
from syncapp.ui.exact import ExactParser, ExactRenderer

MAX_RECORD: Final = 1_000_000
"""Bytes of a record that comes along."""

_LARGEST_ID: Final = 2**63 - 1
_SOURCES: Final = ("record", "record_id", "connection")


class FormulaField(serializers.CharField):
    """A text as it is: what is wrong with it is for the language to say."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Take any text, an empty one too."""
        if data is serializers.empty:
            self.fail("required")
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class RecordField(serializers.DictField):
    """A record as it is: field → value."""

    def to_internal_value(self, data: Any) -> Any:
        """Take an object that is not too large."""
        found = super().to_internal_value(data)
        if len(canonical.dumps(found)) > MAX_RECORD:
            raise serializers.ValidationError("A record may have at most 1 MB.")
        return found


class QuestionSerializer(serializers.Serializer[Any]):
    """A formula, and one record to evaluate it on; without one, an empty record."""

    formula = FormulaField()
    record = RecordField(required=False, help_text="Field → value; numbers stay exact.")
    record_id = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=_LARGEST_ID,
        help_text="A stored record of a connect object.",
    )
    connection = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=_LARGEST_ID,
        help_text="The first record that this connection's source gives now.",
    )
    explain = serializers.BooleanField(
        default=False, help_text="Tell the value of every part, too."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let there be one record at most."""
        if len([name for name in _SOURCES if name in attrs]) > 1:
            raise serializers.ValidationError(f"Give one of {', '.join(_SOURCES)}.")
        return attrs


_PLACE: Final[dict[str, Any]] = {
    "start": serializers.IntegerField(help_text="In characters."),
    "end": serializers.IntegerField(help_text="Behind the last character."),
}
_VALUE: Final[dict[str, Any]] = {
    "value": serializers.JSONField(allow_null=True),
    "kind": serializers.ChoiceField(
        ("null", "boolean", "number", "text", "date", "array", "object"), allow_null=True
    ),
    "shown": serializers.CharField(help_text="The value for people, shortened."),
}
_ERROR: Final[dict[str, Any]] = {
    **_PLACE,
    "kind": serializers.CharField(help_text="For programs."),
    "message": serializers.CharField(help_text="For people."),
    "line": serializers.IntegerField(help_text="From 1."),
    "column": serializers.IntegerField(help_text="From 1."),
    "suggestion": serializers.CharField(help_text="What to write there instead, or empty."),
    "caret": serializers.CharField(help_text="The line, and carets below the place."),
}
_STEP: Final[dict[str, Any]] = {
    **_PLACE,
    **_VALUE,
    "text": serializers.CharField(),
    "error": serializers.CharField(),
}
_FIELD: Final[dict[str, Any]] = {**_PLACE, "name": serializers.CharField()}
_LOOKUP: Final[dict[str, Any]] = {
    **_PLACE,
    **{
        name: serializers.CharField(allow_null=name != "function")
        for name in ("function", "object", "field", "returns")
    },
}
ANSWER: Final = inline_serializer(
    "FormulaAnswer",
    {
        **_VALUE,
        "error": inline_serializer("FormulaError", _ERROR, allow_null=True),
        "fields": inline_serializer("FormulaField", _FIELD, many=True),
        "lookups": inline_serializer("FormulaLookup", _LOOKUP, many=True),
        "steps": inline_serializer("FormulaStep", _STEP, many=True, required=False),
        "record": serializers.DictField(
            required=False, help_text="The record, if it did not come along."
        ),
    },
)


class EvaluateViewSet(ViewSet):
    """What a formula gives; it holds its own transactions, because it may ask a source."""

    model = Connection
    module = "inbound"
    permission = "inbound.view"
    serializer_class = QuestionSerializer
    parser_classes = (ExactParser,)
    renderer_classes = (ExactRenderer,)

    @extend_schema(request=QuestionSerializer, responses=ANSWER)
    def evaluate(self, request: Request) -> Response:
        """Evaluate a formula on a record. A wrong formula is an answer, too: see `error`."""
        found = QuestionSerializer(data=request.data)
        found.is_valid(raise_exception=True)
        sent = found.validated_data
        connection, sampled = self._asked(sent)
        with door.tenant(self.owner.pk):
            asked = answering.for_holder(
                self.owner, self.holder, now=timezone.now(), connection=connection
            )
            record = sent.get("record", {}) if sampled is None else sampled.record
            told = trying.answer(sent["formula"], record, asked, explain=sent["explain"])
        return Response(told if sampled is None else told | {"record": sampled.record})

    def _asked(self, sent: dict[str, Any]) -> tuple[Connection | None, Sampled | None]:
        """Find connection and record that were named."""
        if "record_id" in sent:
            self._demand("records.view")
            with door.tenant(self.owner.pk):
                return None, samples.stored(self.owner, sent["record_id"])
        if "connection" not in sent:
            return None, None
        self._demand("inbound.edit")
        with door.tenant(self.owner.pk):
            rows = self.get_queryset().filter(direction=Connection.Direction.INBOUND)
            row = rows.select_related("config", "object").filter(pk=sent["connection"]).first()
        if row is None:
            raise NotThere
        try:
            found = samples.of_source(row, now=timezone.now, limit=1)
        except RemoteError as error:
            raise RemoteTroubleError(error) from error
        return row, found[0] if found else Sampled("", {})

    def _demand(self, code: str) -> None:
        """Refuse what needs more than looking at connections.

        Raises:
            NotAllowed: the key does not have this permission.
        """
        if not self.holder.may(code):
            raise NotAllowed(f"This needs the permission {code}.")

    @property
    def holder(self) -> ApiKey:
        """The key."""
        key: ApiKey = self.request._request.member  # type: ignore[attr-defined]  # set by the middleware
        return key

    @property
    def owner(self) -> Tenant:
        """The tenant of the key."""
        owner: Tenant = self.tenant  # type: ignore[assignment]  # what the middleware set
        return owner
