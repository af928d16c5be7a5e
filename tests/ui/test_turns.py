"""A page of turns: waits, chips, limits."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cvi.frames.schema import frame_of
from cvi.ui import turns


def _frame(*rows: tuple[str, str, float | None, float | None], sure: float = 0.9) -> pd.DataFrame:
    made = frame_of(
        "turns",
        [
            ("c", at, role, text, "Ann", None, start, length, at == 1, None, None, "calm", None)
            for at, (role, text, start, length) in enumerate(rows)
        ],
    )
    return made.assign(
        sentiment_label="negative", sentiment_score=-0.4, sentiment_confidence=float(sure)
    )


def test_a_wait_is_from_the_users_end_to_the_answer() -> None:
    frame = _frame(
        ("user", "a", 0.0, 2.0), ("assistant", "b", 3.5, 1.0), ("user", "c", 5.0, None),
        ("assistant", "d", 6.0, 1.0),
    )  # fmt: skip
    assert turns.answer_waits(frame).fillna(-1).tolist() == [-1, 1.5, -1, -1]


def test_waits_that_are_no_answers_are_left_out() -> None:
    frame = _frame(("user", "a", 0.0, 2.0), ("assistant", "b", 1.0, 1.0))
    assert turns.answer_waits(frame).isna().all()
    frame = _frame(("user", "a", 0.0, 2.0), ("assistant", "b", 40.0, 1.0))
    assert turns.answer_waits(frame).isna().all()


def test_chips_say_mood_wait_and_interruption() -> None:
    found = turns.rows(_frame(("user", "a", 0.0, 2.0), ("assistant", "b", 6.0, 1.0)), 1)
    assert [chip["text"] for chip in found[1]["chips"]] == [
        "negative 90%", "answered in 4.0 s", "interrupted",
    ]  # fmt: skip
    assert found[0]["notes"] == ["Tone: calm"]


def test_a_doubtful_mood_is_unsure() -> None:
    chip = turns.rows(_frame(("user", "a", None, None), sure=0.4), 1)[0]["chips"][0]
    assert chip["unsure"]
    assert chip["text"] == "unsure: negative"


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (200, 1), (201, 2), (2895, 15)])
def test_pages(count: int, pages: int) -> None:
    assert turns.pages(count) == pages


def test_a_page_of_monologues_stays_below_the_message_limit() -> None:
    frame = _frame(*[("user", "😀" * 9000, None, None)] * 200)
    assert len(json.dumps(turns.rows(frame, 1))) < 1_000_000
