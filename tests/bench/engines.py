"""Typical mapping formulas in our language, as hand-written closures, and in other engines.

Runs in an environment of its own, which `python -m tests.bench.formulas` makes. Every engine has
its own values and its own idea of a function; all have to come to the same answers first.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import cel as rust
import celpy
from asteval import Interpreter
from cel_expr_python import cel as cpp
from jsonata import Jsonata
from simpleeval import SimpleEval

from formulas.language import compile_formula
from formulas.language.context import Context

RECORD = {
    "status": "completed",
    "first": "Jürgen",
    "last": "Müller",
    "qty": 7,
    "price": Decimal("19.99"),
    "created": "2020-02-02T01:01:07+00:00",
    "addresses": [
        {"type": "bill", "street": "1 Main St"},
        {"type": "service", "street": "5 Yard"},
        {"type": "ship", "street": "9 Dock Rd"},
    ],
}
AS_FLOAT = RECORD | {"price": 19.99}
"""For engines without decimals."""

WANT: dict[str, set[Any]] = {
    "choose": {"Jürgen Müller"},
    "money": {Decimal("166.52"), 166.52},
    "date": {"02.02.2020"},
    "find": {"9 Dock Rd"},
}
OURS = {
    "choose": "if(data('status') == 'completed', concat(data('first'), ' ', data('last')), 'n/a')",
    "money": "round(data('qty') * data('price') * 1.19, 2)",
    "date": "formatdate(data('created'), 'd.m.Y')",
    "find": "findvalue(data('addresses'), ['type' => 'ship'], 'street')",
}
PYTHON = {
    "choose": "concat(first, ' ', last) if status == 'completed' else 'n/a'",
    "money": "round(qty * price * 1.19, 2)",
    "date": "formatdate(created, '%d.%m.%Y')",
}
CEL = {
    "choose": "status == 'completed' ? first + ' ' + last : 'n/a'",
    "money": "round2(double(qty) * price * 1.19)",
    "date": "german(created)",
}
JSONATA = {
    "choose": "status = 'completed' ? first & ' ' & last : 'n/a'",
    "money": "$round(qty * price * 1.19, 2)",
    "date": "$fromMillis($toMillis(created), '[D01].[M01].[Y0001]')",
}

Evaluate = Callable[[], Any]
Engine = Callable[[], dict[str, Evaluate]]


def formatdate(text: str, pattern: str) -> str:
    return dt.datetime.fromisoformat(text).strftime(pattern)


def concat(*texts: str) -> str:
    return "".join(texts)


HELPERS: dict[str, Any] = {"concat": concat, "formatdate": formatdate, "round": round}


def closures() -> dict[str, Evaluate]:
    """Build by hand what a compiler would: one closure a node, exact numbers, null-safe texts."""

    def field(name: str) -> Any:
        return lambda r: r.get(name)

    def constant(value: Any) -> Any:
        return lambda r: value

    def equal(a: Any, b: Any) -> Any:
        return lambda r: a(r) == b(r)

    def times(a: Any, b: Any) -> Any:
        return lambda r: a(r) * b(r)

    def choose(c: Any, a: Any, b: Any) -> Any:
        return lambda r: a(r) if c(r) else b(r)

    def join(*parts: Any) -> Any:
        return lambda r: "".join(
            ["" if (v := p(r)) is None else v if type(v) is str else str(v) for p in parts]
        )

    def rounded(a: Any, quantum: Any) -> Any:
        return lambda r: a(r).quantize(quantum(r), ROUND_HALF_UP)

    def date(a: Any, pattern: Any) -> Any:
        return lambda r: formatdate(a(r), pattern(r))

    def find(a: Any, key: Any, value: Any, wanted: Any) -> Any:
        return lambda r: next(
            (one.get(wanted(r)) for one in a(r) if one.get(key(r)) == value(r)), None
        )

    name = join(field("first"), constant(" "), field("last"))
    price = times(times(field("qty"), field("price")), constant(Decimal("1.19")))
    of = {
        "choose": choose(equal(field("status"), constant("completed")), name, constant("n/a")),
        "money": rounded(price, constant(Decimal("0.01"))),
        "date": date(field("created"), constant("%d.%m.%Y")),
        "find": find(
            field("addresses"), constant("type"), constant("ship"), constant("street")
        ),
    }
    return {key: partial(run, RECORD) for key, run in of.items()}


def ours() -> dict[str, Evaluate]:
    context = Context()
    programs = {name: compile_formula(text) for name, text in OURS.items()}
    return {
        name: partial(program.evaluate, RECORD, context) for name, program in programs.items()
    }


def simpleeval() -> dict[str, Evaluate]:

    engine = SimpleEval(functions=HELPERS)

    def evaluate(text: str, tree: Any) -> Any:
        engine.names = AS_FLOAT
        return engine.eval(text, previously_parsed=tree)

    return {name: partial(evaluate, text, engine.parse(text)) for name, text in PYTHON.items()}


def asteval() -> dict[str, Evaluate]:

    engine = Interpreter(minimal=True, with_ifexp=True, user_symbols=HELPERS)

    def evaluate(tree: Any) -> Any:
        engine.symtable.update(AS_FLOAT)
        return engine.run(tree)

    return {name: partial(evaluate, engine.parse(text)) for name, text in PYTHON.items()}


def cel_python() -> dict[str, Evaluate]:

    environment = celpy.Environment()
    own = {
        "round2": lambda v: celpy.celtypes.DoubleType(round(float(v), 2)),
        "german": lambda v: celpy.celtypes.StringType(formatdate(str(v), "%d.%m.%Y")),
    }
    programs = {
        name: environment.program(environment.compile(text), functions=own)
        for name, text in CEL.items()
    }

    def evaluate(program: Any) -> Any:
        return program.evaluate(celpy.json_to_cel(AS_FLOAT))

    return {name: partial(evaluate, program) for name, program in programs.items()}


def cel_cpp() -> dict[str, Evaluate]:

    kinds = cpp.Type
    own = [
        cpp.FunctionDecl(
            "round2",
            [cpp.Overload("r", kinds.DOUBLE, [kinds.DOUBLE], False, lambda v: round(v, 2))],
        ),
        cpp.FunctionDecl(
            "german",
            [
                cpp.Overload(
                    "g",
                    kinds.STRING,
                    [kinds.STRING],
                    False,
                    lambda v: formatdate(v, "%d.%m.%Y"),
                )
            ],
        ),
    ]
    texts = dict.fromkeys(("status", "first", "last", "created"), kinds.STRING)
    environment = cpp.NewEnv(
        variables=texts | {"qty": kinds.INT, "price": kinds.DOUBLE}, functions=own
    )
    data = {name: AS_FLOAT[name] for name in (*texts, "qty", "price")}

    def evaluate(program: Any) -> Any:
        return program.eval(data=data).value()

    return {name: partial(evaluate, environment.compile(text)) for name, text in CEL.items()}


def cel_rust() -> dict[str, Evaluate]:

    own = {"round2": lambda v: round(v, 2), "german": lambda v: formatdate(v, "%d.%m.%Y")}
    data = {name: value for name, value in AS_FLOAT.items() if name != "addresses"}

    def evaluate(program: Any) -> Any:
        context = rust.Context(data)
        for name, function in own.items():
            context.add_function(name, function)
        return program.execute(context)

    return {name: partial(evaluate, rust.compile(text)) for name, text in CEL.items()}


def jsonata() -> dict[str, Evaluate]:

    return {name: partial(Jsonata(text).evaluate, AS_FLOAT) for name, text in JSONATA.items()}


ENGINES: list[Engine] = [
    closures, ours, simpleeval, asteval, cel_cpp, cel_rust, cel_python, jsonata,
]  # fmt: skip


def per_call(evaluate: Evaluate, seconds: float = 0.05) -> float:
    """Microseconds of one evaluation, over so many that the clock does not matter."""
    number = 1
    while True:
        started = time.perf_counter()
        for _ in range(number):
            evaluate()
        passed = time.perf_counter() - started
        if passed > seconds:
            return passed / number * 1e6
        number = max(2 * number, int(number * seconds / max(passed, 1e-9)) + 1)


def compiling() -> float:
    """Milliseconds to compile a formula of 500 characters."""
    parts = ", ".join(f"upper(data('f{number}'))" for number in range(25))
    text = f"concat({parts})".ljust(500)
    compile_formula(text)
    return statistics.median(per_call(lambda: compile_formula(text)) for _ in range(5)) / 1000


def main(rounds: int) -> dict[str, Any]:
    ready = {engine.__name__: engine() for engine in ENGINES}
    for name, formulas in ready.items():
        for key, evaluate in formulas.items():
            answer = evaluate()
            assert answer in WANT[key], f"{name} makes {answer!r} of {key}"
    took: dict[str, list[dict[str, float]]] = {name: [] for name in ready}
    for _ in range(rounds):
        for name, formulas in ready.items():
            took[name].append({key: per_call(evaluate) for key, evaluate in formulas.items()})
    return {"took": took, "compile_ms": compiling()}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
