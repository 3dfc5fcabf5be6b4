"""Small pieces of HTML that tables and templates share."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from syncapp.ui import formats, states
from syncapp.ui.icons import icon

EMPTY = format_html('<span class="nothing" aria-label="{}">–</span>', "none")


def badge(code: object, word: str = "") -> SafeString:
    """Show a state as icon and word in the colour of its tone."""
    look = states.state(code)
    return format_html(
        '<span class="state state-{}">{}<span>{}</span></span>',
        look.tone,
        icon(look.icon),
        word or look.word,
    )


def when(moment: datetime | None, now: datetime) -> SafeString:
    """Show a moment relative to now; the absolute time and zone on hover."""
    if moment is None:
        return EMPTY
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        formats.absolute(moment),
        formats.ago(moment, now),
    )


def copyable(text: object) -> SafeString:
    """Show an identifier in monospace with a button that copies it."""
    return format_html(
        '<span class="copyable"><code>{0}</code><button type="button" class="btn-icon-quiet js-only"'
        ' data-copy="{0}" aria-label="Copy {0}" title="Copy">{1}</button></span>',
        text,
        icon("copy"),
    )
