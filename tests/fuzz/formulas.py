"""Coverage-guided fuzzing of the formula language: no other exception than ours, and no hang.

In an environment of its own, because atheris is no dependency of the project:

    python3.11 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris lark google-re2
    /tmp/fuzz/bin/python tests/fuzz/formulas.py CORPUS -max_total_time=3600 -timeout=5 -rss_limit_mb=2048

Half of the inputs are texts as they come; the other half are put together of words of the
language, so that more of them get beyond the parser. What compiles is evaluated and explained on a
record that is made of the same input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["formulas", "lark"]):
    from formulas.language import FormulaError, compile_formula, example
    from formulas.language.functions import FUNCTIONS

NAMES = sorted(FUNCTIONS)
WORDS = [
    *(f"{name}(" for name in NAMES),
    *"()[],+-*/%<>!='\"",
    "=>", "==", "!=", "&&", "||", " and ", " or ", " not ", "true", "false", "null", "0", "1", "-1",
    "2.5", "1e9", "1e-9", "'a'", "''", "'Lines'", "'day'", "'month'", "'d.m.Y'", "'YYYY-MM-DD'",
    "'2024-02-29'", "'2024-03-31T02:30:00'", "'Europe/Berlin'", "'(a+)+$'", "'$1'", "'item()'",
    "data('Lines')", "data('x')", "data('Balance')", "item()", "['a' => 1]", "[1, 'x', null]",
    "'\\u00e4\\n'", "'[1, {\"a\": 1.5}]'", "'=='",
]  # fmt: skip


def formula(data: atheris.FuzzedDataProvider) -> str:
    if data.ConsumeBool():
        return str(data.ConsumeUnicode(400))
    words = [
        WORDS[data.ConsumeIntInRange(0, len(WORDS) - 1)]
        for _ in range(data.ConsumeIntInRange(1, 24))
    ]
    text = ", ".join(words) if data.ConsumeBool() else "".join(words)
    return text + ")" * max(text.count("(") - text.count(")"), 0)


def value(data: atheris.FuzzedDataProvider, depth: int = 3) -> Any:
    """Make any JSON value, and some that JSON has not."""
    kind = data.ConsumeIntInRange(0, 9 if depth else 6)
    if kind >= 9:
        keys = [data.ConsumeUnicodeNoSurrogates(6) for _ in range(data.ConsumeIntInRange(0, 4))]
        return {key: value(data, depth - 1) for key in keys}
    if kind >= 7:
        return [value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 4))]
    if kind >= 4:
        return data.ConsumeUnicode(30)
    plain = (lambda: None, data.ConsumeBool, lambda: data.ConsumeInt(12), data.ConsumeFloat)
    return plain[kind]()


def one(octets: bytes) -> None:
    data = atheris.FuzzedDataProvider(octets)
    text = formula(data)
    record = {**example.RECORD, "x": value(data), "Lines": value(data)}
    try:
        program = compile_formula(text)
    except FormulaError as error:
        error.caret()
        return
    try:
        program.evaluate(record, example.context())
    except FormulaError as error:
        error.caret()
    program.explain(record, example.context())


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
