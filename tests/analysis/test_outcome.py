"""Outcomes, tools and signals."""

from __future__ import annotations

import math

import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.outcome import with_tools
from tests.analysis.build import join, talk, value


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("completed", 1), ("time_limit", 1), ("never_spoke", 0), ("nobody_came", 0),
        ("failed", 0), ("in_progress", None), (None, None), ("new_kind", None),
    ],
)  # fmt: skip
def test_completed(outcome, expected):
    found = value("completed", talk(outcome=outcome))
    assert math.isnan(found) if expected is None else found == expected


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (talk(("a", "hello"), ("u", "hi")), 1),
        (talk(speaking=[("u", 0, 1)]), 1),
        (talk(("a", "hello"), outcome="completed"), 0),
        (talk(outcome="nobody_came"), 0),
        (talk(("a", "hello"), outcome="in_progress"), None),
        (talk(outcome="completed"), None),
        (talk(), None),
    ],
)
def test_user_spoke(frames, expected):
    found = value("user_spoke", frames)
    assert math.isnan(found) if expected is None else found == expected


def test_duration_of_the_limit():
    assert value("duration_of_max", talk(duration_s=900.0, max_duration_s=3600.0)) == 0.25
    assert math.isnan(value("duration_of_max", talk(duration_s=900.0)))


def test_tool_success_counts_calls_with_a_result_or_broken_arguments():
    calls = [
        {"name": "a", "status": "success"},
        {"name": "b", "status": "error"},
        {"name": "c", "problem": "not JSON"},
        {"name": "d", "status": "success"},
        {"name": "e"},  # no answer seen: says nothing
    ]
    frames = talk(calls=calls)
    assert value("tool_calls", frames) == 5
    assert value("tool_success_share", frames) == 0.5  # 2 of 4
    assert math.isnan(value("tool_success_share", talk(calls=[{"name": "e"}])))


def test_tools_are_known_from_a_call_or_from_live_events():
    frames = join(talk(("u", "x")), talk(("u", "x"), name="c2", calls=[{"name": "a"}]),
                  talk(name="c3", speaking=[("u", 0, 1)]))  # fmt: skip
    assert with_tools(Batch.of(frames)).tolist() == [False, True, True]


def test_signals():
    signals = [
        {"kind": "guardrail", "name": "g"},
        {"kind": "guardrail", "name": "g"},
        {"kind": "objective_activated", "name": "o"},
        {"kind": "objective_completed", "name": "o"},
        {"kind": "control_echo"},
    ]
    frames = talk(signals=signals)
    assert value("guardrail_triggers", frames) == 2
    assert value("objectives_completed", frames) == 1
    assert value("objectives_completed", talk(signals=signals[2:3])) == 0
    assert math.isnan(value("guardrail_triggers", talk(("u", "x"))))
    assert math.isnan(value("objectives_completed", talk(("u", "x"))))
    assert value("guardrail_triggers", talk(speaking=[("u", 0, 1)])) == 0
