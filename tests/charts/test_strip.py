"""Who held the floor, in a cell of a table."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pandas as pd

from cvi.charts.palette import ASSISTANT, USER
from cvi.charts.strip import BINS, strips


def _turns(rows: list[tuple[str, str, float | None, float | None, int]]) -> pd.DataFrame:
    names = ["conversation_id", "role", "offset_s", "duration_s", "length"]
    return pd.DataFrame(rows, columns=names).astype({"offset_s": float, "duration_s": float})


def _speaking(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    names = ["conversation_id", "role", "start_s", "end_s"]
    return pd.DataFrame(rows, columns=names).astype({"start_s": float, "end_s": float})


def _blocks(uri: str, colour: str) -> list[tuple[int, int]]:
    """Begin and width of the blocks of a colour."""
    path = re.search(rf"<path d='([^']*)' fill='{colour}'", unquote(uri))
    found = re.findall(r"M(\d+) 2h(\d+)", path.group(1)) if path else []
    return [(int(begin), int(width)) for begin, width in found]


def test_speech_stands_where_it_was_and_silence_stays_free() -> None:
    speaking = _speaking([("a", "user", 0.0, 10.0), ("a", "assistant", 20.0, 60.0)])
    uri = strips(_turns([]), speaking)["a"]
    sixth = BINS // 6
    assert _blocks(uri, USER) == [(0, sixth)]
    assert _blocks(uri, ASSISTANT) == [(2 * sixth, 4 * sixth)]


def test_times_of_turns_stand_in_for_speech() -> None:
    turns = _turns([("a", "user", 0.0, 30.0, 5), ("a", "assistant", 30.0, 30.0, 500)])
    uri = strips(turns, _speaking([]))["a"]
    assert _blocks(uri, USER) == [(0, BINS // 2)]
    assert _blocks(uri, ASSISTANT) == [(BINS // 2, BINS // 2)]


def test_without_times_turns_are_as_wide_as_their_text() -> None:
    turns = _turns([("a", "assistant", None, None, 30), ("a", "user", None, None, 10)])
    uri = strips(turns, _speaking([]))["a"]
    assert _blocks(uri, ASSISTANT) == [(0, BINS * 3 // 4)]
    assert _blocks(uri, USER) == [(BINS * 3 // 4, BINS // 4)]


def test_each_conversation_is_drawn_from_the_best_it_has() -> None:
    """And one without a word has none."""
    turns = _turns(
        [
            ("a", "user", None, None, 10),
            ("b", "assistant", 0.0, 5.0, 1),
            ("c", "user", None, None, 0),
        ]
    )
    found = strips(turns, _speaking([("a", "assistant", 0.0, 2.0)]))
    assert set(found) == {"a", "b"}
    assert _blocks(found["a"], ASSISTANT) == [(0, BINS)]
    assert strips(_turns([]), _speaking([])) == {}


def test_the_longest_conversation_stays_small() -> None:
    rows = [("a", "user" if at % 2 else "assistant", at * 1.0, 1.0, 9) for at in range(5000)]
    few = [("b", "user" if at % 2 else "assistant", at * 1.0, 1.0, 9) for at in range(BINS)]
    found = strips(_turns([*rows, *few]), _speaking([]))
    assert len(_blocks(found["b"], USER)) == BINS // 2
    assert max(map(len, found.values())) <= 2000
