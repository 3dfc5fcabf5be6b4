"""Mappings and conditions in words, the same on every page, in diffs and in messages."""

from __future__ import annotations

from typing import Final

from connections.document import Condition, Conditions, FieldMapping, IfEmpty, Join, Kind, When

OPERATORS: Final = {
    "equals": "is equal to",
    "not_equals": "is not equal to",
    "greater": "is greater than",
    "greater_or_equal": "is at least",
    "less": "is less than",
    "less_or_equal": "is at most",
    "between": "is between",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "in_list": "is one of",
    "not_in_list": "is none of",
    "is_empty": "is empty",
    "is_not_empty": "is not empty",
    "is_true": "is true",
    "is_false": "is false",
    "matches": "matches the pattern",
    "before": "is before",
    "after": "is after",
    "in_last_days": "is within the last days:",
    "changed": "has changed since the last sync",
    "changed_from_to": "has changed",
}
"""What stands between the two sides of a condition."""

WHEN: Final = {
    When.ALWAYS: "always",
    When.CREATE: "only when creating",
    When.UPDATE: "only when updating",
}
IF_EMPTY: Final = {
    IfEmpty.TAKE: "take it as it is",
    IfEmpty.SKIP: "leave the target alone",
    IfEmpty.CLEAR: "clear the target",
    IfEmpty.DEFAULT: "use a default",
}
KEEP_FILLED: Final = "does not overwrite a filled target"

_UNARY: Final = frozenset({"is_empty", "is_not_empty", "is_true", "is_false", "changed"})


def source(mapping: FieldMapping) -> str:
    """Say what fills the target."""
    match mapping.kind:
        case Kind.RAW:
            return f"“{mapping.value}”" if mapping.value else "nothing"
        case Kind.FORMULA:
            return mapping.formula
        case Kind.MAP:
            return f"value map “{mapping.map}” of {mapping.source}"
        case Kind.LINES | Kind.CHILDREN:
            inner = sum(row.enabled for row in mapping.rows)
            return f"each of {mapping.source}, {inner} mapping{'' if inner == 1 else 's'}"
        case _:
            return mapping.source


def options(mapping: FieldMapping) -> list[str]:
    """List what is set beyond the usual."""
    found = [] if mapping.when is When.ALWAYS else [WHEN[mapping.when]]
    if mapping.if_empty is IfEmpty.DEFAULT:
        found.append(f"if empty: use “{mapping.default or ''}”")
    elif mapping.if_empty is not IfEmpty.TAKE:
        found.append(f"if empty: {IF_EMPTY[mapping.if_empty]}")
    if mapping.keep_filled:
        found.append(KEEP_FILLED)
    return found if mapping.enabled else ["off", *found]


def mapping(row: FieldMapping) -> str:
    """Say all about a mapping but its target, nested ones included."""
    told = ", ".join([source(row), *options(row)])
    return "; ".join([told, *(f"{one.target} ← {mapping(one)}" for one in row.rows)])


def condition(row: Condition) -> str:
    """Say what a condition demands."""
    left, operator = row.formula or row.field, OPERATORS[row.operator]
    if row.operator in _UNARY:
        told = f"{left} {operator}"
    elif row.operator == "changed_from_to":
        before, now = (f"“{text}”" if text else "anything" for text in (row.value, row.to))
        told = f"{left} {operator} from {before} to {now}"
    elif row.operator == "between":
        told = f"{left} {operator} “{row.value}” and “{row.to}”"
    elif row.operator in {"in_list", "not_in_list"}:
        told = f"{left} {operator} {', '.join(f'“{value}”' for value in row.values)}"
    else:
        told = f"{left} {operator} {row.other or f'“{row.value}”'}"
    return told if row.enabled else f"{told} (off)"


def conditions(whole: Conditions) -> str:
    """Say in one sentence which records take part."""
    if not any(True for _ in whole.each()):
        return "every record"
    parts = [condition(row) for row in whole.rows]
    parts += [
        f"({_word(group.join).join(condition(row) for row in group.rows)})"
        for group in whole.groups
        if group.rows
    ]
    return _word(whole.join).join(parts)


def _word(join: Join) -> str:
    return " and " if join is Join.ALL else " or "
