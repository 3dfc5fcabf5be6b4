"""Tables of cases that are one test: as quick as a loop, and each case that fails is named.

`pytest.mark.parametrize` makes a test of each case, which costs milliseconds even if the case costs none.
For pure functions with many cases, and for nothing else: fixtures are shared by the cases.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]
SHOWN = 300  # characters of a case


def every(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Call the test for every case, and fail afterwards with all cases that failed."""
    parts = (names,) if isinstance(names, str) else names
    rows = [
        dict(zip(parts, [case] if len(parts) == 1 else case, strict=True)) for case in cases
    ]
    assert rows, "a table without cases tests nothing"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failures: list[BaseException] = []
            for row in rows:
                try:
                    test(**row, **fixtures)
                except (Exception, pytest.fail.Exception, BaseExceptionGroup) as failure:  # noqa: BLE001 - all are raised below
                    failure.add_note(_name(row))
                    failures.append(failure)
            if failures:
                # A traceback of a group shows only the first few; here they all are.
                told = [f"{test.__name__}: {len(failures)} of {len(rows)} cases failed"]
                told += [failure.__notes__[-1] for failure in failures]
                raise BaseExceptionGroup("\n".join(told), failures)

        kept = inspect.signature(test)
        left = [one for one in kept.parameters.values() if one.name not in parts]
        run.__signature__ = kept.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorate


def _name(row: dict[str, Any]) -> str:
    said = ", ".join(f"{name}={value!r}" for name, value in row.items())
    return f"case: {said}"[:SHOWN]
