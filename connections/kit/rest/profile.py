"""A profile: read from YAML, checked against its schema, with errors that name the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import jmespath
import jsonschema
import yaml

from connections.kit.rest.templates import REFERENCE, names_in
from syncapp import canonical

Profile = Mapping[str, Any]

_longest: Final = 200_000
_paging_variables: Final = {
    "page": "page",
    "offset": "offset",
    "cursor": "cursor",
    "keyset": "last",
}
_common: Final = frozenset({"limit", "since"})
_references: Final = ("token", "user", "password", "client_id", "client_secret")


class ProfileError(ValueError):
    """The profile is wrong; the message names the place and what is expected there."""


@lru_cache(maxsize=64)
def load(text: str) -> Profile:
    """Read and check a profile.

    Raises:
        ProfileError: with the first thing that is wrong.
    """
    profile = _parsed(text)
    for error in sorted(_schema().iter_errors(profile), key=_weight):
        raise ProfileError(_said(error))
    for place, problem in _slips(profile):
        message = f"{place}: {problem}"
        raise ProfileError(message)
    return profile


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > _longest:
        message = f"The profile is longer than {_longest} characters."
        raise ProfileError(message)
    try:
        profile = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader that allows even less
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        message = f"{where}{error.problem or 'this is not YAML'}."
        raise ProfileError(message) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = f"This is not YAML: {type(error).__name__}."
        raise ProfileError(message) from None
    if not isinstance(profile, dict):
        message = "A profile is a mapping that begins with keys such as auth: and entities:."
        raise ProfileError(message)
    return profile


class _Loader(yaml.SafeLoader):
    """Plain values only: no aliases, which can blow up, and no key twice, which hides one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.current_event
            problem = "aliases (*name) are not used in profiles"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, *_: object) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key, value in node.value:
            problem = ""
            if not isinstance(key, yaml.ScalarNode):
                problem = "a key must be text"
            elif key.value in mapping:
                problem = f"the key {key.value!r} is there twice"
            if problem:
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            mapping[key.value] = self.construct_object(value, deep=True)
        return mapping


def _plainer() -> Iterator[tuple[str, list[tuple[str, re.Pattern[str]]]]]:
    """Take out what surprises: `2026-01-31` is text, and so are `on`, `no` and `1_000`."""
    numbers = {
        "tag:yaml.org,2002:int": r"-?(0|[1-9]\d*)$",
        "tag:yaml.org,2002:float": r"-?\d+\.\d+$",
    }
    words = {
        "tag:yaml.org,2002:bool": r"(true|false)$",
        "tag:yaml.org,2002:null": r"(null|~|)$",
    }
    for first in [*"-0123456789tfn~", ""]:
        rules = numbers if first in "-0123456789" and first else words
        yield first, [(tag, re.compile(pattern)) for tag, pattern in rules.items()]


_Loader.yaml_implicit_resolvers = dict(_plainer())


@lru_cache(maxsize=1)
def _schema() -> jsonschema.Draft202012Validator:
    text = Path(__file__).with_name("profile.schema.json").read_bytes()
    return jsonschema.Draft202012Validator(canonical.loads(text))


def _weight(error: jsonschema.ValidationError) -> tuple[int, str]:
    return len(error.absolute_path), error.json_path


def _said(error: jsonschema.ValidationError) -> str:
    """Say in plain words what the schema complains about."""
    place = _place(error.absolute_path)
    value: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        unknown = sorted(set(instance) - set(schema.get("properties", ())))
        known = ", ".join(schema.get("properties", ()))
        return f"{place}: unknown key {unknown[0]}. Known are: {known}."
    if error.validator == "required":
        missing = next(name for name in value if name not in instance)
        return f"{place}: {missing} is missing."
    if error.validator in {"enum", "const"}:
        choices = value if isinstance(value, list) else [value]
        return f"{place}: {error.instance!r} is not one of {', '.join(map(str, choices))}."
    if error.validator == "type":
        kinds = value if isinstance(value, list) else [value]
        return f"{place}: expected {' or '.join(_type_names[kind] for kind in kinds)}, found {_kind(error.instance)}."
    if error.validator == "pattern":
        return f"{place}: {error.instance!r} must begin with {_beginnings[value]}."
    return f"{place}: {error.message[:200]}."


_type_names: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
_beginnings: Final = {
    "^/": "/",
    "^https?://": "https://",
    "^(https?://|/)": "https:// or /",
}


def _kind(value: Any) -> str:
    kinds = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "yes or no",
        type(None): "nothing",
    }
    return kinds.get(type(value), "a number")


def _place(path: Any) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "profile"


def _slips(profile: Profile) -> Iterator[tuple[str, str]]:
    """Find what a schema cannot: expressions, variables, references, zones."""
    yield from _expressions(profile, "")
    yield from _secrets(profile, "")
    auth = profile.get("auth", {})
    if auth.get("type") == "session_login" and bool(auth.get("token")) == bool(
        auth.get("cookies")
    ):
        yield "auth", "say either in token: or in cookies: what the login gives"
    for name, entity in profile["entities"].items():
        yield from _entity_slips(f"entities.{name}", entity)


def _entity_slips(place: str, entity: Profile) -> Iterator[tuple[str, str]]:
    paging = entity.get("paging", {"type": "none"})
    variable = _paging_variables.get(paging["type"])
    allowed = _common | ({variable} if variable else set())
    used = set(names_in(entity["list"]))
    if variable and variable not in used:
        problem = f"paging of type {paging['type']} needs {{{variable}}} in path, query or body"
        yield f"{place}.list", problem
    yield from _variables(f"{place}.list", used, allowed)
    keys = {"key", *(f"key.{name}" for name in entity["key"])}
    for part in ("get", "update", "delete"):
        if part in entity:
            yield from _variables(
                f"{place}.{part}", set(names_in(entity[part])), keys | {"record"}
            )
    if "create" in entity:
        yield from _variables(f"{place}.create", set(names_in(entity["create"])), {"record"})
    if "find" in entity and not any(n.startswith("key") for n in names_in(entity["find"])):
        yield f"{place}.find", "needs {key}, or {key.name} with the name of a field"
    zone = entity.get("since", {}).get("timezone")
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            yield f"{place}.since.timezone", f"there is no time zone {zone!r}"


def _variables(
    place: str, used: set[str], allowed: set[str] | frozenset[str]
) -> Iterator[tuple[str, str]]:
    for name in sorted(used - allowed):
        known = ", ".join(f"{{{one}}}" for one in sorted(allowed))
        yield place, f"unknown variable {{{name}}}; known are {known}"


_are_expressions: Final = frozenset(
    {
        "records",
        "total",
        "next",
        "more",
        "record",
        "results",
        "ok",
        "key_from",
        "body_ok",
        "code",
        "message",
        "token",
    }
)


def _expressions(node: Any, place: str, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in {"query", "body", "headers", "kinds", "extra"}:
                continue
            yield from _expressions(value, f"{place}.{key}", str(key))
    elif isinstance(node, str) and name in _are_expressions:
        try:
            jmespath.compile(node)
        except jmespath.exceptions.JMESPathError as error:
            yield (
                place.lstrip("."),
                f"{node!r} is no JMESPath expression ({_first_line(error)})",
            )


def _secrets(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _secrets(value, f"{place}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _secrets(value, f"{place}[{number}]")
    elif (
        isinstance(node, str)
        and (found := REFERENCE.fullmatch(node))
        and found[1] not in _references
    ):
        known = ", ".join(f"$secret.{one}" for one in _references)
        yield place.lstrip("."), f"there is no {node}; known are {known}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]
