"""Templates: text with a closed set of variables, and references to secrets. No expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

REFERENCE: Final = re.compile(r"\$secret\.(\w+)")
_variable = re.compile(r"\{([a-z]+(?:\.[^{}]+)?)\}")


def names_in(node: Any) -> Iterator[str]:
    """Give the variables that a template, or a tree of templates, uses."""
    if isinstance(node, str):
        yield from _variable.findall(node)
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from names_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from names_in(value)


def path(template: str, variables: Mapping[str, str]) -> str:
    """Fill a path; a slash in a value does not become one of the path."""
    return _variable.sub(lambda found: quote(str(variables[found[1]]), safe=""), template)


def text(template: Any, variables: Mapping[str, str]) -> str:
    """Fill a query value; empty if one of its variables is."""
    if not isinstance(template, str):
        return str(template).lower() if isinstance(template, bool) else str(template)
    if any(not variables.get(name) for name in names_in(template)):
        return ""
    return _variable.sub(lambda found: str(variables[found[1]]), template)


def tree(template: Any, variables: Mapping[str, Any]) -> Any:
    """Fill a body. A value that is one variable becomes what the variable is; empty ones go."""
    if isinstance(template, Mapping):
        filled = {key: tree(value, variables) for key, value in template.items()}
        return {key: value for key, value in filled.items() if value != ""}
    if isinstance(template, list):
        return [tree(value, variables) for value in template]
    if not isinstance(template, str):
        return template
    whole = _variable.fullmatch(template)
    if whole:
        value = variables.get(whole[1], "")
        numeric = isinstance(value, str) and whole[1] in _numbers and value.isdigit()
        return int(value) if numeric else value
    return text(template, variables)


_numbers: Final = frozenset({"page", "offset", "limit"})


def secret(template: Any, known: Mapping[str, str]) -> Any:
    """Put secrets where a template refers to them; the whole value must be the reference."""
    if isinstance(template, Mapping):
        return {key: secret(value, known) for key, value in template.items()}
    if isinstance(template, list):
        return [secret(value, known) for value in template]
    if isinstance(template, str) and (found := REFERENCE.fullmatch(template)):
        return known.get(found[1], "")
    return template
