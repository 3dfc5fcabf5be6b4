"""The base of every error that a person or a client may see.

    SyncAppError                    400
    ├── NotAllowed                  403   the actor lacks a permission
    ├── NotThere                    404   no such thing, or another tenant's
    ├── Refused                     409   the state of things forbids it now
    ├── Changed                     412   somebody else changed it meanwhile
    └── Invalid                     422   the input is wrong; `fields` says where

Rooms derive their own errors from these. Two questions choose the class: who must act, and
does trying again help. `message` is safe to show to the tenant.
"""

from __future__ import annotations

from collections.abc import Mapping


class SyncAppError(Exception):
    """Something was refused."""

    code = "refused"
    status = 400

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.code = code or type(self).code
        self.fields = dict(fields or {})
        super().__init__(self.message)


class NotAllowed(SyncAppError):
    """Your profile does not allow this."""

    code = "not_allowed"
    status = 403


class NotThere(SyncAppError):
    """There is no such thing here."""

    code = "not_found"
    status = 404


class Refused(SyncAppError):
    """This is not possible in the present state."""

    code = "conflict"
    status = 409


class Changed(SyncAppError):
    """Somebody else changed this meanwhile; load it again."""

    code = "changed"
    status = 412


class Invalid(SyncAppError):
    """The input is not valid."""

    code = "invalid"
    status = 422
