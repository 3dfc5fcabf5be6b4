"""Icons, states and the small pieces of HTML made of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncapp.ui import html, icons, states
from syncapp.ui.vendor import ICONS
from tests.every import every


@every("code", sorted(states.STATES))
def test_every_state_has_an_icon_that_we_carry(code: str) -> None:
    look = states.state(code)

    assert look.word == code.replace("_", " ").capitalize()
    assert "<path" in icons.icon(look.icon)


def test_an_unknown_state_is_grey_and_readable() -> None:
    assert states.state("half_done") == states.State("Half done", states.Tone.OFF, "circle-dot")


@every(("value", "word"), [(True, "Yes"), (False, "No")])
def test_switches_read_as_words(*, value: bool, word: str) -> None:
    assert states.state(value).word == word


@every("name", ICONS)
def test_every_listed_icon_is_there(name: str) -> None:
    assert 'aria-hidden="true"' in icons.icon(name)


def test_an_icon_that_we_do_not_carry_is_an_error() -> None:
    with pytest.raises(KeyError):
        icons.icon("unicorn")


def test_a_badge_says_its_state_in_a_word_and_a_tone() -> None:
    badge = html.badge("failed")

    assert 'class="state state-failed"' in badge
    assert "<span>Failed</span>" in badge
    assert "<span>2 failed</span>" in html.badge("failed", "2 failed")


def test_a_moment_carries_its_absolute_time() -> None:
    moment = datetime(2026, 11, 21, 11, 57, tzinfo=UTC)

    shown = html.when(moment, datetime(2026, 11, 21, 12, 0, tzinfo=UTC))

    assert 'datetime="2026-11-21T11:57:00+00:00"' in shown
    assert 'title="2026-11-21 11:57:00 UTC"' in shown
    assert html.when(None, moment) == html.EMPTY


def test_copied_text_is_escaped() -> None:
    shown = html.copyable('"><script>')

    assert "<script>" not in shown
    assert 'data-copy="&quot;&gt;&lt;script&gt;"' in shown
