"""Words for the browser: who, what, notes, and parts of bounded size."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cvi.frames.schema import frame_of
from cvi.ui import turns


def _frame(*rows: tuple[str, str | None], speaker: str | None = "Ann") -> pd.DataFrame:
    return frame_of(
        "turns",
        [
            ("c", at, role, text, speaker, None, None, None, None, None, None, "calm", None)
            for at, (role, text) in enumerate(rows)
        ],
    )


def _read(frame: pd.DataFrame) -> list[list[object]]:
    return [json.loads(row) for row in turns.rows(frame)]


def test_a_row_says_who_what_and_how() -> None:
    assert _read(_frame(("user", "hi"), ("assistant", None))) == [
        ["User · Ann", "hi", ["Tone: calm"]],
        ["Assistant · Ann", "", ["Tone: calm"]],
    ]


@pytest.mark.parametrize("speaker", ["user", "p0a8f2c4d6e8b", None])
def test_a_speaker_that_says_nothing_is_left_out(speaker: str | None) -> None:
    assert _read(_frame(("user", "hi"), speaker=speaker))[0][0] == "User"


def test_a_monologue_is_cut_and_says_so() -> None:
    _, text, notes = _read(_frame(("user", "x" * 5000)))[0]
    assert len(str(text)) == turns.SHOWN_TEXT
    assert "1,000 more characters" in str(notes)


def test_parts_are_bounded_and_cover_every_turn() -> None:
    weights = [len(row) for row in turns.rows(_frame(*[("user", "😀" * 9000)] * 200))]
    starts = turns.parts(weights)
    bounds = list(zip(starts, [*starts[1:], len(weights)], strict=True))
    assert all(start < end for start, end in bounds)
    assert max(sum(weights[start:end]) for start, end in bounds) < 2 * turns.PART_BYTES
    assert [turns.part_of(starts, start) for start, _ in bounds] == list(range(len(starts)))


@pytest.mark.parametrize(("weights", "starts"), [([], [0]), ([9], [0]), ([6, 6, 6, 6], [0, 1, 3])])
def test_parts(weights: list[int], starts: list[int]) -> None:
    assert turns.parts(weights, budget=10) == starts
