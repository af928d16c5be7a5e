"""Speech in time."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from cvi.demo.compose import compose
from cvi.demo.material import load
from cvi.demo.timing import Speech, cut, speak

if TYPE_CHECKING:
    from conftest import Demo


def _speech(demo: Demo, kind: str) -> Speech:
    planned = next(each for each in demo.plans if each.kind == kind)
    rng = Random(1)  # noqa: S311
    return speak(planned, compose(planned, load(), rng), rng)


def test_turns_are_in_order_and_have_a_length(demo: Demo) -> None:
    turns = _speech(demo, "talk").turns
    assert all(each.end > each.start for each in turns)
    assert all(earlier.start < later.start for earlier, later in pairwise(turns))


def test_murmurs_lie_inside_turns_of_the_assistant(demo: Demo) -> None:
    speech = _speech(demo, "lecture")
    assistant = [each for each in speech.turns if each.said.role == "assistant"]
    assert speech.murmurs
    for start, end in speech.murmurs:
        assert any(each.start < start and end < each.end for each in assistant)


def test_an_overlap_marks_the_turn_that_was_cut(demo: Demo) -> None:
    turns = _speech(demo, "talk").turns
    for earlier, later in pairwise(turns):
        assert earlier.interrupted == (later.start < earlier.end)


def test_a_limit_cuts_the_last_turn(demo: Demo) -> None:
    speech = cut(_speech(demo, "talk"), 100.0)
    assert speech.turns
    assert max(each.end for each in speech.turns) <= 100.0


def test_a_silent_room_has_long_waits(demo: Demo) -> None:
    turns = _speech(demo, "never_spoke").turns
    assert all(later.start - earlier.end >= 14 for earlier, later in pairwise(turns))


def test_nothing_said_takes_no_time(demo: Demo) -> None:
    assert _speech(demo, "nobody_came") == Speech((), ())
