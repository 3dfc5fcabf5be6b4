"""What mappings make of records, for REST clients: the draft's or others, nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import answering
from connections.api import Directed
from connections.api_formulas import RecordField
from connections.document import FieldMapping, every, plain, read_mappings
from connections.drafts import ConnectionDraft
from connections.models import Connection
from connections.preview import preview
from connections.sampled import Sampled
from connections.serializers import MappingSerializer
from syncapp.errors import Refused
from syncapp.tenants.models import ApiKey
from syncapp.ui.exact import ExactParser, ExactRenderer

MOST: Final = 100


class PreviewSerializer(serializers.Serializer[Any]):
    """What is tried on what; without mappings the draft, without records the kept ones."""

    mappings = MappingSerializer(many=True, required=False)
    records = serializers.ListField(
        child=RecordField(), required=False, max_length=MOST, help_text="Numbers stay exact."
    )
    limit = serializers.IntegerField(
        default=5, min_value=1, max_value=MOST, help_text="How many of the kept records."
    )


ANSWER: Final = inline_serializer(
    "PreviewAnswer",
    {
        "record": serializers.CharField(help_text="Its id, or its place among those sent."),
        "results": inline_serializer(
            "PreviewCell",
            {
                "uuid": serializers.CharField(help_text="Of the mapping."),
                "target": serializers.CharField(),
                "source": serializers.CharField(help_text="What it reads, for people."),
                "result": serializers.CharField(help_text="What the target gets, for people."),
                "problem": serializers.CharField(help_text="Why it gets nothing, or empty."),
                "kind": serializers.CharField(),
            },
            many=True,
        ),
    },
    many=True,
)


class PreviewViewSet(Directed):
    """Tries mappings."""

    serializer_class = PreviewSerializer  # type: ignore[assignment]  # judges what is sent only
    parser_classes = (ExactParser,)
    renderer_classes = (ExactRenderer,)

    def required_permission(self, _method: str) -> str:
        """Looking is enough: nothing is changed."""
        return f"{self._direction()}.view"

    @extend_schema(request=PreviewSerializer, responses=ANSWER)
    def preview(self, request: Request, pk: int) -> Response:
        """Try the draft's mappings, or those sent, on kept records, or on those sent."""
        row: Connection = self.load(pk)
        judged = PreviewSerializer(data=request.data)
        judged.is_valid(raise_exception=True)
        sent = judged.validated_data
        draft = ConnectionDraft(row)
        shape = draft.shape()
        if shape is None:
            raise Refused("This connection does not say yet what it fills.")
        rows = read_mappings(plain(sent["mappings"]) if "mappings" in sent else row.mapping)
        samples = self._samples(draft, sent)
        asked = answering.for_holder(
            self.owner, self._holder, now=timezone.now(), connection=row
        )
        cells = preview(rows, shape, samples, asked).cells
        return Response(
            [
                {
                    "record": sampled.label,
                    "results": [self._cell(one, cells[one.uuid][at]) for one in every(rows)],
                }
                for at, sampled in enumerate(samples)
            ]
        )

    @property
    def _holder(self) -> ApiKey:
        key: ApiKey = self.request._request.member  # type: ignore[attr-defined]  # set by the middleware
        return key

    def _samples(self, draft: ConnectionDraft, sent: Any) -> Sequence[Sampled]:
        if "records" in sent:
            return [Sampled(str(n), record) for n, record in enumerate(sent["records"], 1)]
        return draft.samples()[: sent["limit"]]

    def _cell(self, row: FieldMapping, cell: Any) -> dict[str, str]:
        told = {"source": cell.source, "result": cell.result, "problem": cell.problem}
        return {"uuid": row.uuid, "target": row.target, **told, "kind": cell.kind}
