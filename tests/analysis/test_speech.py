"""Interval arithmetic, against hand-made cases and a slow reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cvi.analysis import speech


def spans(*rows):
    """(code, user, start, end) literals as Speech."""
    code, user, start, end = (np.array(column) for column in zip(*rows, strict=True))
    none = np.full(len(code), -1)
    return speech.Speech(code, user.astype(bool), start * 1.0, end * 1.0, none, none > 0)


def test_union_merges_touching_and_nested_intervals_of_one_side_only():
    found = speech.union(
        spans((0, 1, 0, 5), (0, 1, 1, 2), (0, 1, 5, 6), (0, 0, 0, 9), (1, 1, 0, 1))
    )
    rows = list(zip(found.code.tolist(), found.user.tolist(), found.start, found.end, strict=True))
    assert rows == [(0, False, 0, 9), (0, True, 0, 6), (1, True, 0, 1)]


def test_locate_stays_within_the_group():
    group, at = np.array([0, 0, 2]), np.array([1.0, 3.0, 1.0])
    asked = speech.locate(
        group, at, np.array([0, 0, 0, 1, 2, 3]), np.array([0.5, 1.0, 9, 9, 1.5, 9])
    )
    assert asked.tolist() == [-1, 0, 1, -1, 2, -1]


def test_segments_say_who_speaks_when():
    # user 0-4, assistant 3-6, user 8-9 -> u, both, a, silence, u
    found = speech.segments(speech.union(spans((0, 1, 0, 4), (0, 0, 3, 6), (0, 1, 8, 9))))
    assert found.start.tolist() == [0, 3, 4, 6, 8]
    assert found.length.tolist() == [3, 1, 2, 2, 1]
    assert found.user.tolist() == [True, True, False, False, True]
    assert found.assistant.tolist() == [False, True, True, False, False]


def test_holds_skip_speech_inside_the_others_and_split_at_a_long_pause():
    raw = speech.union(spans((0, 0, 0, 10), (0, 1, 4, 5), (0, 0, 12, 13), (0, 0, 17, 18)))
    inside = speech.contained(raw, speech.hosts(raw))
    found = speech.holds(raw, inside, 3.0)
    # the pause 10-12 is short (one stretch 0-13), 13-17 is long
    assert found.start.tolist() == [0, 17]
    assert found.end.tolist() == [13, 18]
    assert not found.user.any()


def test_everything_works_on_nothing():
    none = speech.union(spans((0, 1, 0, 1)).take(np.array([], np.int64)))
    host = speech.hosts(none)
    assert len(host) == len(speech.contained(none, host)) == len(speech.segments(none).code) == 0
    assert len(speech.holds(none, speech.contained(none, host), 3.0).code) == 0


times = st.integers(0, 40)
rows_ = st.lists(st.tuples(st.integers(0, 2), st.booleans(), times, st.integers(1, 9)), min_size=1)


@settings(max_examples=60, deadline=None)
@given(rows_)
def test_union_and_segments_agree_with_counting_seconds(rows):
    raw = spans(*((code, user, start, start + length) for code, user, start, length in rows))
    found = speech.union(raw)
    pieces = speech.segments(found)
    for code in range(3):
        talked = {
            side: {
                second
                for one, user, start, length in rows
                if one == code and user == side
                for second in range(start, start + length)
            }
            for side in (True, False)
        }
        for side in (True, False):
            mine = (found.code == code) & (found.user == side)
            assert found.length[mine].sum() == len(talked[side])
        both = pieces.user & pieces.assistant & (pieces.code == code)
        assert pieces.length[both].sum() == len(talked[True] & talked[False])
