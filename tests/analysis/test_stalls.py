"""How long a replica kept silent."""

from __future__ import annotations

import math

from tests.analysis.build import join, nothing, talk, values

NAME = "longest_stall_s"


def test_pauses_after_the_user_add_up_until_the_assistant_speaks() -> None:
    """0-2 u, 12-13 u ("hello?"), 45 a: ten seconds and thirty-two, without the user's own."""
    frames = talk(
        ("u", "Is it open?", 0, 2), ("u", "Hello?", 12, 1), ("a", "Yes.", 45, 2), ("u", "Ok", 48, 1)
    )
    assert values(NAME, frames) == [42.0]


def test_an_ordinary_answer_and_the_end_are_no_stall() -> None:
    """The wait for each answer counts as it is; silence after the last word does not count."""
    frames = talk(("u", "Hi", 0, 1), ("a", "Hello", 1.5, 1), ("u", "Bye", 3, 1), duration_s=600.0)
    assert values(NAME, frames) == [0.5]


def test_the_users_own_pause_is_not_the_assistants() -> None:
    """Waiting for the user after the assistant is no stall."""
    frames = talk(("a", "Hello", 0, 1), ("u", "Hi", 100, 1))
    assert values(NAME, frames) == [0.0]


def test_speaking_events_count_and_conversations_stay_apart() -> None:
    """Two at once; the second one's gap is not the first one's."""
    one = talk(("u", "Hi"), ("a", "Yes"), speaking=[("u", 0, 1), ("a", 41, 42)])
    two = talk(("u", "Hi", 0, 1), ("a", "Yes", 2, 1), name="c2")
    assert values(NAME, join(one, two)) == [40.0, 1.0]


def test_without_times_it_is_not_measurable() -> None:
    """Never zero."""
    assert math.isnan(values(NAME, talk(("u", "Hi"), ("a", "Yes")))[0])
    assert values(NAME, nothing()) == []
