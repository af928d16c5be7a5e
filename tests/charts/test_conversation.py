"""The timeline: what it rests on, and that it shows no more than that."""

from __future__ import annotations

import pandas as pd
import pytest

from cvi.charts.conversation import timeline
from cvi.charts.lanes import basis, lanes
from cvi.charts.spans import clock, overlaps, silences, united
from cvi.frames.schema import empty, frame_of


def _turns(*rows: tuple[str, str, float | None, float | None]) -> pd.DataFrame:
    made = frame_of(
        "turns",
        [
            ("c", at, role, text, None, None, start, length, None, None, None, None, None)
            for at, (role, text, start, length) in enumerate(rows)
        ],
    )
    scores = pd.Series([0.5 - at / 4 for at in range(len(made))], dtype="float64")
    return made.assign(
        sentiment_label=pd.Series(["positive"] * len(made), dtype="str"),
        sentiment_score=scores,
        sentiment_confidence=pd.Series([0.9, 0.3] * len(made), dtype="float64")[: len(made)],
    )


def _speaking(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return frame_of(
        "speaking",
        [("c", at, role, None, s, e, None, None) for at, (role, s, e) in enumerate(rows)],
    )


def _figure(turns: pd.DataFrame, speaking: pd.DataFrame | None = None) -> dict[str, object]:
    heard = empty("speaking") if speaking is None else speaking
    return timeline(turns, heard, empty("tool_calls"), empty("signals")).to_dict()


def test_the_basis_is_the_best_that_is_known() -> None:
    none = empty("speaking")
    ends = _turns(("user", "a", 0.0, 2.0), ("assistant", "b", 3.0, 1.0))
    assert basis(ends, _speaking(("user", 0, 1))) == "speech"
    assert basis(ends, none) == "ends"
    assert basis(_turns(("user", "a", 0.0, None)), none) == "starts"
    assert basis(_turns(("user", "a", None, None)), none) == "order"
    assert basis(empty("turns"), none) == "order"


def test_spans() -> None:
    assert united([(3, 4), (0, 2), (1, 3.5)]) == [(0, 4)]
    assert overlaps([(0, 2), (5, 6)], [(1, 3), (5.5, 9)]) == [(1, 2), (5.5, 6)]
    assert silences([(0, 1), (2, 3), (7, 8)]) == [(3, 7)]


def test_speech_shows_lanes_overlaps_and_silences() -> None:
    turns = _turns(("user", "hi", 0.0, 2.0), ("assistant", "ho", 1.5, 2.0))
    heard = _speaking(("user", 0, 2), ("assistant", 1.5, 3.5), ("user", 10, 11))
    names = [trace["name"] for trace in _figure(turns, heard)["data"]]  # type: ignore[attr-defined]
    assert {"User", "Assistant", "Overlap", "Silence", "User sentiment"} <= set(names)


def test_without_times_there_is_neither_clock_nor_silence() -> None:
    figure = _figure(_turns(("user", "one two", None, None), ("assistant", "three", None, None)))
    names = [trace["name"] for trace in figure["data"]]  # type: ignore[attr-defined]
    assert names == ["User", "Assistant", "User sentiment"]
    assert figure["layout"]["xaxis"].get("type") != "date"  # type: ignore[index]
    assert list(figure["data"][0]["y"]) == [2]  # type: ignore[index]
    assert list(figure["data"][1]["y"]) == [-1]  # type: ignore[index]


def test_a_click_knows_its_turn_and_text_is_escaped() -> None:
    figure = _figure(_turns(("user", "<b>x</b> " * 30, 0.0, 2.0)))
    lane = next(trace for trace in figure["data"] if trace["name"] == "User")  # type: ignore[attr-defined]
    assert list(lane["customdata"]) == [0]
    assert "<b>" not in lane["hovertext"][0]
    assert len(lane["hovertext"][0]) < 300


def test_unsure_labels_are_hollow() -> None:
    figure = _figure(_turns(("user", "a", 0.0, 1.0), ("user", "b", 2.0, 1.0)))
    mood = next(t for t in figure["data"] if t["name"] == "User sentiment")  # type: ignore[attr-defined]
    assert list(mood["marker"]["symbol"]) == ["circle", "circle-open"]


@pytest.mark.parametrize("turns", [empty("turns"), _turns(("user", "", None, None))])
def test_nothing_to_draw_is_drawn(turns: pd.DataFrame) -> None:
    assert _figure(turns)["layout"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (65.4, "1:05"), (3725, "1:02:05"), (847_000, "9 d 19:16"), (-5, "-0:05")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_silences_and_waits_of_the_drawing_are_those_of_the_metrics() -> None:
    """The page takes silences from here and waits from the analysis: both read the same speech."""
    from cvi.analysis.batch import Batch
    from cvi.analysis.timing import silences as measured
    from tests.analysis.build import talk

    frames = talk(
        ("u", "a"), ("a", "b"), ("u", "c"),
        speaking=[("u", 0, 2), ("a", 1.5, 4), ("a", 3, 5), ("u", 9.5, 10), ("u", 20, 21)],
    )  # fmt: skip
    _, start, length = measured(Batch.of(frames))
    drawn = lanes(frames.turns, frames.speaking)
    assert drawn.silences == list(zip(start, start + length, strict=True)) == [(5, 9.5), (10, 20)]
    assert drawn.overlaps == [(1.5, 2)]
