"""Points of interest: what is found, where, and that nothing unmeasurable is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cvi.analysis import moments
from cvi.analysis.batch import Batch
from cvi.frames.schema import Frames
from tests.analysis.build import moods, talk, value

NONE = pd.DataFrame({"message": [], "confidence": [], "evidence": []})


def _found(frames: Frames, insights: pd.DataFrame = NONE, **given: Any) -> dict[str, moments.Group]:
    groups = moments.moments(Batch.of(frames, **given), insights)
    return {group.name: group for group in groups}


def _timed() -> Frames:
    return talk(
        ("a", "Welcome to the call.", 0, 2),
        ("u", "What does it cost?", 3, 2),
        ("a", "Ten a month.", 9, 3),
        ("u", "Sorry, what?", 11, 2),
        ("a", "Ten.", 40, 25),
        calls=[{"name": "price", "status": "success", "offset_s": 6.0}],
        signals=[
            {"kind": "guardrail", "name": "no_promises", "offset_s": 41.0},
            {"kind": "recording_failed", "name": None, "offset_s": None},
        ],
    )


def test_slow_answers_come_longest_first_with_their_turn_and_second() -> None:
    slow = _found(_timed())["slow"].moments
    assert [(each.turn, each.at, each.note) for each in slow] == [
        (4, 13, "27.0 s"),
        (2, 5, "4.0 s"),
    ]
    assert slow[1].text == "Ten a month."


def test_a_wait_that_is_no_answer_is_not_counted() -> None:
    frames = talk(("u", "a", 0, 2), ("a", "b", 40, 1), ("u", "c", 42, 3), ("a", "d", 44, 2))
    found = moments.waits(Batch.of(frames))
    assert [(each.wait, each.counted) for each in found] == [(38, False), (-1, False)]
    assert "slow" not in _found(frames)


def test_an_interruption_has_its_second_and_the_turn_it_broke() -> None:
    group = _found(_timed())["user_breaks"]
    assert [(each.turn, each.at, each.side) for each in group.moments] == [(2, 11, "assistant")]
    assert group.count == value("user_interruptions", _timed())


def test_a_flagged_interruption_is_at_the_end_of_what_it_cut() -> None:
    frames = talk(("a", "Hi.", 0, 1), ("u", "Go on.", 2, 1), ("a", "So the", 4, 2, True),
                  ("u", "Stop.", 6.2, 1))  # fmt: skip
    assert [(each.at, each.by, each.turn) for each in moments.broken(Batch.of(frames))] == [
        (6.0, "user", 2)
    ]


def test_silences_and_monologues_by_length() -> None:
    found = _found(_timed())
    assert [each.note for each in found["silences"].moments] == ["27.0 s", "4.0 s"]
    assert found["silences"].moments[0].turn == 3  # what was said last before it
    assert [(each.turn, each.note) for each in found["monologues"].moments] == [(4, "25 s")]


def test_without_times_nothing_timed_is_listed_and_it_says_so() -> None:
    frames = talk(("u", "Sorry, what?"), ("a", " ".join(["word"] * 60)), ("u", "Why is it so?"))
    found = _found(frames)
    assert not found.keys() & {"slow", "silences", "user_breaks", "assistant_breaks"}
    assert [each.note for each in found["monologues"].moments] == ["60 words"]
    assert "cannot be measured" in moments.unmeasured(Batch.of(frames))
    assert moments.unmeasured(Batch.of(_timed())) == ""


def test_words_repairs_and_questions() -> None:
    found = _found(_timed())
    assert [each.turn for each in found["repairs"].moments] == [3]
    assert [each.turn for each in found["user_questions"].moments] == [1, 3]


def test_other_languages_are_not_read_as_english() -> None:
    frames = _timed()
    english = pd.Series([False], index=["c1"])
    found = _found(frames, english=english)
    assert not found.keys() & {"repairs", "user_questions", "apologies"}
    assert "English" in moments.unmeasured(Batch.of(frames, english=english))


def test_lows_are_sure_and_lowest_first() -> None:
    frames = talk(*[("u", f"turn {at}") for at in range(4)])
    low = _found(frames, sentiment=moods(frames, -0.6, -0.3, -0.9, 0.8))["lows"].moments
    assert [(each.turn, each.note) for each in low] == [(2, "-0.90"), (0, "-0.60")]


def test_a_planted_turn_of_the_mood_is_found_where_it_is() -> None:
    frames = talk(*[("u", f"turn {at}") for at in range(10)])
    found = _found(frames, sentiment=moods(frames, *[0.5] * 5, *[-0.5] * 5))["turning"].moments
    assert [(each.turn, each.note) for each in found] == [(5, "-1.00")]


def test_few_turns_have_no_turning_point() -> None:
    frames = talk(*[("u", f"turn {at}") for at in range(7)])
    assert "turning" not in _found(frames, sentiment=moods(frames, *[0.9] * 3, *[-0.9] * 4))


def test_tools_flags_and_other_signals_are_placed_where_they_can_be() -> None:
    found = _found(_timed())
    tool = found["tools"].moments[0]
    assert (tool.turn, tool.at, tool.note, tool.text) == (1, 6, "success", "price")
    assert found["flags"].moments[0].turn == 4
    other = found["signals"].moments[0]
    assert (other.turn, other.at, other.note) == (None, None, "recording failed")


def test_insights_keep_all_their_evidence() -> None:
    rows = pd.DataFrame(
        {"message": ["low", "high"], "confidence": [0.5, 0.9], "evidence": [[1], [2, 4]]}
    )
    first = _found(_timed(), rows)["insights"].moments[0]
    assert (first.text, first.turn, first.at, first.also) == ("high", 2, 9, (4,))


def test_nothing_said_has_no_moments() -> None:
    assert _found(talk()) == {}


def test_counts_are_of_all_though_the_list_is_bounded() -> None:
    frames = talk(*[("u", "Why is it so?")] * 80)
    group = _found(frames)["user_questions"]
    assert (group.count, len(group.moments)) == (80, moments.MOST)
