"""Any JSON over HTTP, described by a profile in YAML instead of code.

Source
    The profile, written for the system at hand. Its schema is `kit/rest/profile.schema.json`;
    values in answers are found by JMESPath, requests are made from templates with a closed
    set of variables: {page}, {offset}, {limit}, {cursor}, {last}, {since}, {key}, {record}.

Auth
    none, basic, bearer, api_key (header or query), oauth2_client_credentials, oauth2_refresh,
    session_login. Secrets stand in fields of their own; a profile refers to them as
    `$secret.token`, `$secret.user`, `$secret.password`, `$secret.client_id`,
    `$secret.client_secret`.

Paging
    none, page, offset, cursor, link_header, next_url, keyset. A page is the last one if it is
    empty or holds fewer records than the one before, or if there is no further link. Changes
    are asked for by `since`, with an overlap; the mark is the greatest stamp seen, or the
    system's own time when the run began if its records carry none.

Limits
    `rate` names the system's limit, which all workers keep together. A `Retry-After` is obeyed.

Errors
    `error` says where code, message and field stand, and which codes are more than a refusal
    of one record; `success.body_ok` finds errors that come with status 200.

Quirks
    Empty query parameters are left out. A look-up whose answer holds other records than the
    one asked for is an error, because servers pass over parameters that they do not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final

from connections.kit import checks
from connections.kit.base import (
    Capabilities,
    Check,
    Cursor,
    Entity,
    ErrorKind,
    Field,
    FieldType,
    Json,
    Op,
    Page,
    Query,
    Rate,
    Record,
    RemoteError,
    Setting,
    SettingKind,
    System,
    WriteItem,
    WriteResult,
)
from connections.kit.inference import fields_of
from connections.kit.rest.calling import Caller
from connections.kit.rest.profile import Profile, ProfileError, load
from connections.kit.rest.reading import Reading
from connections.kit.rest.writing import Lookup, Writer
from connections.kit.settings import CA_CERTIFICATE

_sample: Final = 100
_undescribed: Final = frozenset(
    {
        ErrorKind.NOT_FOUND,
        ErrorKind.PERMISSION,
        ErrorKind.UNSUPPORTED,
        ErrorKind.VALIDATION,
        ErrorKind.BAD_RESPONSE,
    }
)


class Rest(System):
    """A JSON interface described by a profile."""

    label: ClassVar[str] = "REST / JSON"
    endpoint_label: ClassVar[str | None] = "Base address"
    endpoint_help: ClassVar[str] = "https://app.example.com/api/v2"
    filter_help: ClassVar[str] = "Query parameters, such as status=active&country=DE"
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "profile",
            "Profile",
            SettingKind.YAML,
            required=True,
            help="How to log in, to turn pages, to read and to write, in YAML.",
        ),
        Setting("user", "User"),
        Setting("password", "Password", SettingKind.SECRET),
        Setting("token", "Token or key", SettingKind.SECRET),
        Setting("client_id", "Client id"),
        Setting("client_secret", "Client secret", SettingKind.SECRET),
        CA_CERTIFICATE,
    )

    @classmethod
    def problems(cls, settings: Mapping[str, Json]) -> Mapping[str, str]:
        """Check the profile."""
        try:
            load(str(settings.get("profile") or ""))
        except ProfileError as error:
            return {"profile": str(error)}
        return {}

    @classmethod
    def rates(cls, settings: Mapping[str, Json]) -> tuple[Rate, ...]:
        """Take the limit from the profile."""
        if not settings.get("profile"):
            return ()
        rate = _loaded(settings).get("rate")
        return (Rate(rate["requests"], float(rate["per_seconds"])),) if rate else ()

    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:
        """Test address, login and the reading of some entities."""
        steps = checks.HttpSteps(self.context, self._caller.base)
        return checks.lines(
            [
                *steps.first(),
                ("auth", self._check_login),
                *steps.last(entities, self._check_read),
            ]
        )

    def entities(self) -> Sequence[Entity]:
        """Describe the profile's entities; fields that it does not name are guessed."""
        return [self._entity(name, found) for name, found in self._profile["entities"].items()]

    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read page by page, all or what has changed."""
        found = self._found(query.entity)
        return Reading(self._caller, found, query, cursor, self.context.now).pages()

    def find(
        self, entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Look records up, one request per key."""
        lookup = Lookup(self._caller, self._found(entity))
        return [lookup.find(key) for key in keys]

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write batches or single records."""
        found = self._found(entity)
        return Writer(self._caller, found, self.context.cancelled).write(items)

    @cached_property
    def _profile(self) -> Profile:
        return _loaded(self.context.settings)

    @cached_property
    def _caller(self) -> Caller:
        return Caller(self.context, self._profile)

    def _found(self, name: str) -> Profile:
        found: Profile | None = self._profile["entities"].get(name)
        if found is None:
            message = f"The profile has no entity {name}."
            raise RemoteError(ErrorKind.CONFIG, message)
        return found

    def _entity(self, name: str, found: Profile) -> Entity:
        declared = tuple(map(_declared, found.get("fields", ())))
        return Entity(
            name=name,
            label=found.get("label", name),
            fields=declared or self._guessed(name, found),
            key=tuple(found["key"]),
            caps=_capabilities(found),
            change_field=found.get("since", {}).get("field"),
            guessed=not declared,
        )

    def _guessed(self, name: str, found: Profile) -> tuple[Field, ...]:
        query = Query(name, page_size=_sample, max_records=_sample)
        try:
            page = next(self.read(query, None))
            values = [record.values for record in page.records if record.remote_id]
        except RemoteError as error:
            if error.kind not in _undescribed:
                raise
            values = []
        return fields_of(values, found["key"]) or tuple(
            Field(key, key=True) for key in found["key"]
        )

    def _check_login(self) -> checks.Found:
        account = checks.account_of(self._caller.base)
        if "test" in self._profile:
            self._caller.call("GET", self._profile["test"]["path"])
            return checks.Found("Logged in.", account)
        first = next(iter(self._profile["entities"]))
        return checks.Found(f"Logged in; {first}: {self._check_read(first).message}", account)

    def _check_read(self, name: str) -> checks.Found:
        page = next(self.read(Query(name, page_size=1, max_records=1), None))
        seen = f" of {page.expected}" if page.expected is not None else ""
        return checks.Found(f"Read {len(page.records)}{seen} records.")


def _loaded(settings: Mapping[str, Json]) -> Profile:
    try:
        return load(str(settings.get("profile") or ""))
    except ProfileError as error:
        message = f"The profile is not right: {error}"
        raise RemoteError(ErrorKind.CONFIG, message) from None


def _declared(found: Profile) -> Field:
    return Field(
        name=found["name"],
        type=FieldType(found.get("type", "text")),
        label=found.get("label", ""),
        required=found.get("required", False),
        writable=not found.get("read_only", False),
        max_length=found.get("max_length"),
        choices=tuple((choice, choice) for choice in found.get("choices", ())),
        fields=tuple(map(_declared, found.get("fields", ()))),
    )


def _capabilities(found: Profile) -> Capabilities:
    batch = found.get("batch")
    names = {"create", "update", "delete"} & found.keys()
    if batch:
        names |= set(batch.get("ops", ["create", "update"]))
    semantics = "neither"
    if "idempotency" in found:
        semantics = "idempotent"
    elif "find" in found or "get" in found:
        semantics = "searchable"
    return Capabilities(
        since="time" if "since" in found else "none",
        deletes="compare",
        ops=frozenset(Op(name) for name in names),
        upsert_by=tuple(found["key"]) if "upsert" in names else (),
        batch_max=batch.get("max", 100) if batch else 1,
        write_semantics=semantics,
        idempotency="header" if "idempotency" in found else "none",
        page_max=found.get("paging", {}).get("max"),
    )
