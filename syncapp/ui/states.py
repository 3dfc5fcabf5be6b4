"""One look for every state: a tone, an icon and a word, never colour alone.

Furniture owns the looks, the rooms own the codes; a code that is not listed shows as a grey
badge with its own word, so that a new one is readable before it is pretty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What colour means, and nothing else does."""

    WELL = "well"
    CARE = "care"
    FAILED = "failed"
    BUSY = "busy"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class State:
    """How a state is shown."""

    word: str
    tone: Tone
    icon: str


def _states(tone: Tone, **icons: str) -> dict[str, State]:
    return {
        code: State(code.replace("_", " ").capitalize(), tone, icon.replace("_", "-"))
        for code, icon in icons.items()
    }


STATES: dict[str, State] = {
    **_states(
        Tone.WELL,
        active="circle_check",
        on="circle_check",
        yes="check",
        ok="circle_check",
        passed="circle_check",
        reachable="circle_check",
        succeeded="circle_check",
        created="plus",
        updated="pencil",
        synced="check",
        published="circle_check",
        resolved="check",
        added="plus",
        changed="pencil",
        live="circle_check",
    ),
    **_states(
        Tone.CARE,
        partial="alert_triangle",
        warning="alert_triangle",
        conflict="git_compare",
        retryable="repeat",
        unknown="help_circle",
        waiting="hourglass",
        held="player_pause",
        suspended="player_pause",
        expiring="clock",
        invited="mail",
        draft="pencil",
        stopping="player_stop",
    ),
    **_states(
        Tone.FAILED,
        failed="circle_x",
        rejected="ban",
        refused="ban",
        error="alert_circle",
        expired="clock",
        dead="circle_x",
        revoked="ban",
    ),
    **_states(
        Tone.BUSY,
        running="loader_2",
        queued="clock",
        testing="loader_2",
        inprocess="loader_2",
        open="circle_dot",
    ),
    **_states(
        Tone.OFF,
        off="circle_minus",
        inactive="circle_minus",
        no="minus",
        never="minus",
        untested="circle_dashed",
        unchanged="minus",
        skipped="chevron_right",
        deleted="trash",
        deactivated="circle_minus",
        cancelled="player_stop",
        removed="trash",
        moved="arrows_exchange",
    ),
}


def state(code: object) -> State:
    """Give the look of a state; True and False read as yes and no."""
    if isinstance(code, bool):
        code = "yes" if code else "no"
    text = str(code)
    return STATES.get(text) or State(
        text.replace("_", " ").capitalize(), Tone.OFF, "circle-dot"
    )
