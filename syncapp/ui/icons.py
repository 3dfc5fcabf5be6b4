"""The icons, read once; inlined so that they take the colour of the text beside them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_FOLDER = Path(__file__).parent / "static/vendor/icons"
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# The first path of each file is an invisible frame that only editors need.
_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


def _read(file: Path) -> str:
    match = _INSIDE.search(file.read_text())
    if match is None:
        raise ValueError(f"{file.name} is no SVG")
    return " ".join(_FRAME.sub("", match[1]).split())


_SHAPES = {file.stem: _read(file) for file in sorted(_FOLDER.glob("*.svg"))}


@cache
def icon(name: str, extra: str = "") -> SafeString:
    """Give an icon as inline SVG, hidden from screen readers: the word beside it speaks.

    Args:
        name: Tabler's name of the icon.
        extra: more CSS classes.

    Raises:
        KeyError: the icon is not vendored; add it to the list in `vendor.py`.
    """
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="16" height="16" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        extra,
        mark_safe(_SHAPES[name]),  # noqa: S308  # our own vendored file
    )
