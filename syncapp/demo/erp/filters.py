"""`$filter`: text → a question that can be put to every record.

    or      = and { "or" and }
    and     = not { "and" not }
    not     = "not" not | compare
    compare = operand [ ("eq" | "ne" | "gt" | "ge" | "lt" | "le") operand
                      | "in" "(" literal { "," literal } ")" ]
    operand = "(" or ")" | function "(" operand { "," operand } ")" | literal | path

Types are checked while parsing, so a question that parses never fails on a record. Nothing is
known of a null: a comparison of order with it is false, a function of it is null.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from syncapp.demo.erp.data import stamp
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import NAMESPACE, EntitySet, Kind

MAX_LENGTH = 20_000
MAX_DEPTH = 40

Evaluate = Callable[[Mapping[str, Any]], Any]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<stamp>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2}))
    | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<enum>[A-Za-z_][A-Za-z0-9_.]*'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)

_ORDERED = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_COMPARED = {"eq": operator.eq, "ne": operator.ne} | _ORDERED
_FUNCTIONS: dict[str, tuple[int, Kind, Callable[..., Any]]] = {
    "contains": (2, Kind.BOOL, lambda text, part: part in text),
    "startswith": (2, Kind.BOOL, str.startswith),
    "endswith": (2, Kind.BOOL, str.endswith),
    "tolower": (1, Kind.STRING, str.lower),
    "toupper": (1, Kind.STRING, str.upper),
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_NUMBERS = frozenset({Kind.INT, Kind.DECIMAL})


@dataclass(frozen=True, slots=True)
class Operand:
    """Something that has a value for each record.

    Attributes:
        kind: None for the literal null, which goes with every kind.
        literal: the same for each record.
        choices: members of the enumeration that it belongs to.
    """

    kind: Kind | None
    evaluate: Evaluate
    literal: bool = False
    choices: tuple[str, ...] = ()


def parse(text: str, entity_set: EntitySet) -> Evaluate:
    """Turn the text of `$filter` into a predicate.

    Raises:
        ODataError: the text is no filter on this entity set; the message says where and why.
    """
    if len(text) > MAX_LENGTH:
        _refuse(f"The filter is longer than {MAX_LENGTH} characters.")
    return _Parser(text, entity_set).predicate()


def _refuse(message: str) -> NoReturn:
    raise ODataError(message, code="InvalidFilter", target="$filter")


def _constant(value: Any) -> Evaluate:
    return lambda _values: value


class _Parser:
    """Recursive descent over one filter text."""

    def __init__(self, text: str, entity_set: EntitySet) -> None:
        self.text = text.rstrip()
        self.entity_set = entity_set
        self.place = 0
        self.depth = 0

    # Tokens

    def peek(self) -> tuple[str, str]:
        """Give kind and text of the next token, ("end", "") behind the last one."""
        if self.place >= len(self.text):
            return "end", ""
        match = _TOKEN.match(self.text, self.place)
        if match is None or match.lastgroup is None:
            self.fail("cannot read on")
        return match.lastgroup, match[match.lastgroup]

    def take(self, *wanted: str) -> str | None:
        """Step over the next token if it is one of the wanted words or marks."""
        kind, token = self.peek()
        if kind in {"name", "mark"} and token in wanted:
            self.step()
            return token
        return None

    def step(self) -> None:
        """Step over the next token."""
        match = _TOKEN.match(self.text, self.place)
        self.place = match.end() if match else len(self.text)

    def need(self, mark: str) -> None:
        """Step over a mark that must come."""
        if self.take(mark) is None:
            self.fail(f"expected {mark!r}")

    def fail(self, problem: str) -> NoReturn:
        """Refuse, and say where."""
        rest = self.text[self.place : self.place + 20].strip() or "the end"
        _refuse(f"The filter is wrong at position {self.place + 1}, near {rest!r}: {problem}.")

    # Rules

    def predicate(self) -> Evaluate:
        """Parse the whole text."""
        whole = self.disjunction()
        if self.peek()[0] != "end":
            self.fail("expected an operator or the end")
        return self.truth(whole).evaluate

    def truth(self, found: Operand) -> Operand:
        """Insist on an operand that is true or false."""
        if found.kind not in {Kind.BOOL, None}:
            self.fail("expected a condition before this")
        return found

    def disjunction(self) -> Operand:
        """Parse `or`: true beats unknown, unknown beats false."""
        terms = [self.conjunction()]
        while self.take("or"):
            terms.append(self.conjunction())
        return self.joined(terms, decisive=True)

    def conjunction(self) -> Operand:
        """Parse `and`: false beats unknown, unknown beats true."""
        terms = [self.negation()]
        while self.take("and"):
            terms.append(self.negation())
        return self.joined(terms, decisive=False)

    def joined(self, terms: list[Operand], *, decisive: bool) -> Operand:
        """Join conditions; the first decisive answer settles the matter."""
        if len(terms) == 1:
            return terms[0]
        asked = [self.truth(term).evaluate for term in terms]

        def evaluate(values: Mapping[str, Any]) -> bool | None:
            answer: bool | None = not decisive
            for ask in asked:
                one: bool | None = ask(values)
                if one is decisive:
                    return decisive
                answer = None if one is None else answer
            return answer

        return Operand(Kind.BOOL, evaluate)

    def negation(self) -> Operand:
        """Parse `not`; the opposite of unknown is unknown."""
        n_nots = 0
        while self.take("not"):
            n_nots += 1
        found = self.comparison(negated=n_nots > 0)
        if n_nots % 2 == 0:
            return found
        ask = found.evaluate

        def evaluate(values: Mapping[str, Any]) -> bool | None:
            answer = ask(values)
            return None if answer is None else not answer

        return Operand(Kind.BOOL, evaluate)

    def comparison(self, *, negated: bool) -> Operand:
        """Parse one comparison, or an operand that is a condition by itself."""
        left = self.operand()
        if negated:
            return self.truth(left)
        if self.take("in"):
            return self.membership(left)
        word = self.take(*_COMPARED)
        if word is None:
            return left
        right = self.operand()
        self.match(left, right)
        if word in _ORDERED and Kind.BOOL in {left.kind, right.kind}:
            self.fail(f"true and false have no order, so {word} cannot compare them")
        return Operand(Kind.BOOL, _compare(word, left.evaluate, right.evaluate))

    def membership(self, left: Operand) -> Operand:
        """Parse the list behind `in`."""
        self.need("(")
        members = [self.member(left)]
        while self.take(","):
            members.append(self.member(left))
        self.need(")")
        ask, allowed = left.evaluate, frozenset(members)
        return Operand(Kind.BOOL, lambda values: ask(values) in allowed)

    def member(self, left: Operand) -> Any:
        """Parse one literal of the list behind `in`."""
        found = self.operand()
        if not found.literal:
            self.fail("only literals may stand in a list")
        self.match(left, found)
        return found.evaluate({})

    def match(self, left: Operand, right: Operand) -> None:
        """Insist on operands that can be compared."""
        kinds = {left.kind, right.kind} - {None}
        if Kind.ENUM in kinds and kinds <= {Kind.ENUM, Kind.STRING}:
            self.choice(left, right)
        elif len(kinds) > 1 and not kinds <= _NUMBERS:
            names = " with ".join(str(kind) for kind in (left.kind, right.kind))
            self.fail(f"cannot compare {names}")

    def choice(self, left: Operand, right: Operand) -> None:
        """Insist on a literal that the enumeration knows."""
        choices = left.choices or right.choices
        for found in (left, right):
            if found.literal and found.kind is not None and found.evaluate({}) not in choices:
                self.fail(f"{found.evaluate({})!r} is not one of {', '.join(choices)}")

    def operand(self) -> Operand:
        """Parse a literal, a path, a function or something in parentheses."""
        kind, word = self.peek()
        if kind in _LITERALS:
            self.step()
            return self.literal(kind, word)
        if word == "(":
            self.step()
            return self.nested(self.disjunction)
        if kind != "name":
            self.fail("expected a property, a literal or '('")
        self.step()
        if word in _CONSTANTS:
            value = _CONSTANTS[word]
            return Operand(None if value is None else Kind.BOOL, _constant(value), literal=True)
        if self.take("("):
            return self.nested(lambda: self.function(word))
        return self.path(word)

    def nested(self, rule: Callable[[], Operand]) -> Operand:
        """Parse what stands in parentheses, to a bounded depth."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} parentheses are open")
        found = rule()
        self.need(")")
        self.depth -= 1
        return found

    def function(self, name: str) -> Operand:
        """Parse the arguments of a function of texts."""
        if name not in _FUNCTIONS:
            self.fail(f"there is no function {name}")
        n_arguments, kind, call = _FUNCTIONS[name]
        arguments = [self.operand()]
        while self.take(","):
            arguments.append(self.operand())
        if len(arguments) != n_arguments:
            self.fail(f"{name} takes {n_arguments} argument{'s' * (n_arguments > 1)}")
        if any(found.kind not in {Kind.STRING, None} for found in arguments):
            self.fail(f"{name} takes text")
        asked = [found.evaluate for found in arguments]

        def evaluate(values: Mapping[str, Any]) -> Any:
            texts = [ask(values) for ask in asked]
            return None if None in texts else call(*texts)

        return Operand(kind, evaluate)

    def literal(self, kind: str, token: str) -> Operand:
        """Read a literal."""
        try:
            found, value = _LITERALS[kind](token)
        except (ValueError, OverflowError):
            self.fail(f"{token} is no {kind}")
        return Operand(found, _constant(value), literal=True)

    def path(self, token: str) -> Operand:
        """Find the property that a path leads to."""
        found, evaluate = self.entity_set.path(token)
        if found.kind is Kind.COMPLEX:
            self.fail(
                f"{token} has parts; name one of them, such as {token}/{found.fields[0].name}"
            )
        return Operand(found.kind, evaluate, choices=found.choices)


def _compare(word: str, left: Evaluate, right: Evaluate) -> Evaluate:
    compare = _COMPARED[word]
    if word not in _ORDERED:
        return lambda values: compare(left(values), right(values))

    def evaluate(values: Mapping[str, Any]) -> bool:
        one, other = left(values), right(values)
        return one is not None and other is not None and bool(compare(one, other))

    return evaluate


def _enum(token: str) -> tuple[Kind, str]:
    type_name, _, quoted = token.partition("'")
    if not type_name.startswith(f"{NAMESPACE}."):
        message = "no enumeration of ours"
        raise ValueError(message)
    return Kind.ENUM, quoted[:-1].replace("''", "'")


_LITERALS: dict[str, Callable[[str], tuple[Kind, Any]]] = {
    "stamp": lambda token: (Kind.STAMP, stamp(datetime.fromisoformat(token))),
    "date": lambda token: (Kind.DATE, date.fromisoformat(token).isoformat()),
    "number": lambda token: (Kind.DECIMAL, Decimal(token)),
    "enum": _enum,
    "string": lambda token: (Kind.STRING, token[1:-1].replace("''", "'")),
}
