"""The one error of the demo ERP, in the shape that OData prescribes."""

from __future__ import annotations

from syncapp import canonical


class ODataError(Exception):
    """A request that the ERP does not grant.

    Args:
        message: one sentence for the reader of the answer.
        code: the ERP's own word for what is wrong.
        status: HTTP status of the answer.
        target: the option or field that the sentence is about.
        headers: what the answer carries besides.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "BadRequest",
        status: int = 400,
        target: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.target = target
        self.headers = headers or {}

    def body(self) -> bytes:
        """Give the answer's body."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        return canonical.dumps({"error": error})
