"""Starts and stops paired into intervals, however many of them are lost or doubled."""

from __future__ import annotations

from itertools import permutations

import pytest

from cvi.events import Event
from tests.events.build import event
from tests.frames.build import about, rows, said, started, stopped

Spans = list[tuple[float, float]]


def _u(*marks: float | tuple[float, float], ids: str | None = None) -> list[Event]:
    """A user's marks: alternating start and stop; a stop with its duration is a pair."""
    found = []
    for mark in marks:
        given = {} if ids is None else {"inference_id": ids}
        if isinstance(mark, tuple):
            found.append(stopped("user", mark[0], duration=mark[1], **given))
        elif mark < 0:
            found.append(stopped("user", -mark, **given))
        else:
            found.append(started("user", mark, **given))
    return found


CASES: dict[str, tuple[list[Event], Spans]] = {
    "a pair": (_u(1, -4), [(1, 4)]),
    "two pairs": (_u(1, -4, 6, -9), [(1, 4), (6, 9)]),
    "a pair with its duration": (_u(1, (4, 3)), [(1, 4)]),
    "a missing start is found by the duration": (_u((4, 3)), [(1, 4)]),
    "a missing start without a duration": (_u(-4), []),
    "a missing stop": (_u(1, 6, -9), [(6, 9)]),
    "a missing stop before a stop with a duration": (_u(1, (9, 3)), [(6, 9)]),
    "a missing stop at the end": (_u(1, -4, 6), [(1, 4)]),
    "a stop before any start": (_u(-2, 3, -5), [(3, 5)]),
    "a start said twice": (_u(1, 1.4, -4), [(1, 4)]),
    "a start again in the same inference": (_u(1, 3, -6, ids="i"), [(1, 6)]),
    "a stop said twice": (_u(1, -4, -4.6), [(1, 4)]),
    "a stop said twice with its duration": (_u(1, (4, 3), (4.3, 3)), [(1, 4)]),
    "a stop whose start was lost, right after another": (_u(1, -4, (6, 3)), [(1, 4), (4, 6)]),
    "start and stop at one moment": (_u(1, -1, 5, -7), [(5, 7)]),
    "a stop and a new start at one moment": (_u(1, -4, 4, -7), [(1, 4), (4, 7)]),
    "just below ten minutes": (_u(1, -600), [(1, 600)]),
    "past ten minutes both ends may belong to others": (_u(1, -700), []),
    "past ten minutes with a duration that agrees": (_u(1, (700, 699)), [(1, 700)]),
    "past ten minutes with another duration": (_u(1, (700, 5)), [(695, 700)]),
    "a lone duration past ten minutes": (_u((900, 700)), []),
    "a duration of nothing": (_u((4, 0)), []),
}


@pytest.mark.parametrize("name", CASES)
def test_marks_pair_into_intervals(name: str) -> None:
    events, wanted = CASES[name]
    orders = list(permutations(events)) if len(events) < 5 else [tuple(events)]
    for order in orders:
        found = rows(order, "speaking", "started_at", "start_s", "end_s")
        spans = [(at, round(at + end - start, 6)) for at, start, end in found]
        assert spans == wanted


def test_both_forms_of_each_mark_are_one_interval_with_all_flags() -> None:
    old = {"inference_id": "i"}
    events = [
        started("replica", 1.0, inference_id="i"),
        event("conversation.replica.started_speaking", 1.015, **old),
        stopped("replica", 3.0, inference_id="i"),
        event(
            "conversation.replica.stopped_speaking", 3.015, duration=2.0, interrupted=True, **old
        ),
        # The next speech begins before the second form of the last stop.
        started("replica", 3.01, inference_id="j"),
        stopped("replica", 5.0, inference_id="j", interrupted=False),
    ]
    found = rows(events, "speaking", "started_at", "interrupted", "inference_id")
    assert found == [(1.0, True, "i"), (3.01, False, "j")]


def test_the_two_sides_overlap_freely() -> None:
    events = [
        started("replica", 1.0),
        started("user", 2.0),
        stopped("replica", 3.0),
        stopped("user", 4.0),
    ]
    found = rows(events, "speaking", "role", "start_s", "end_s")
    assert found == [("assistant", 0.0, 2.0), ("user", 1.0, 3.0)]


def test_marks_without_a_time_or_a_role_say_nothing() -> None:
    events = [
        event("conversation.started_speaking", role="user"),
        event("conversation.started_speaking", 1.0),
        stopped("user", 2.0),
    ]
    assert rows(events, "speaking", "idx") == []
    assert about(events)["events"] == 3


def test_an_interruption_without_an_id_is_placed_by_its_time() -> None:
    events = [
        started("replica", 1.0),
        stopped("replica", 3.0),
        started("replica", 5.0),
        stopped("replica", 8.0),
        event("conversation.replica_interrupted", 3.2),
    ]
    assert rows(events, "speaking", "interrupted") == [True, None]


def test_the_clock_is_speaking_only_when_everyone_with_words_has_intervals() -> None:
    user = [started("user", 1.0, seq=1), stopped("user", 3.0, seq=2)]
    words = [said("user", "Hm.", 3.1, seq=3, turn_idx=1), said("replica", "Yes?", 4.0, seq=4)]
    assert about([*user, words[0]])["clock"] == "speaking"
    assert about(user)["clock"] == "speaking"
    assert about([*user, *words])["clock"] == "starts"
    # The guide announces only that the user started: that is no interval at all.
    assert about([started("user", 1.0), words[0]])["clock"] == "starts"
