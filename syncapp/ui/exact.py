"""JSON of REST requests and answers without floats: 0.10 comes and goes as 0.10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from syncapp import canonical


class ExactParser(BaseParser):
    """Reads JSON; numbers with a fraction become `Decimal`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  DRF passes it
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Decode the body, or answer 400."""
        try:
            return canonical.loads(stream.read())
        except canonical.type_errors as error:
            raise ParseError(f"The body is not JSON: {error}.") from error


class ExactRenderer(BaseRenderer):
    """Writes JSON; a `Decimal` keeps its digits."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF passes it
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Encode the answer; an empty one stays empty."""
        return b"" if data is None else canonical.dumps(data)
