"""One row a tool call, with its arguments, its place and its result."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from cvi.events import Event
from tests.events.build import EPOCH, event
from tests.frames.build import joined, rows, transcript

COLUMNS = ("tool_call_id", "name", "arguments")


def _live(at: float | None, name: str = "book", **given: Any) -> Event:
    return event("conversation.tool_call", at, name=name, **given)


def _written(*calls: dict[str, Any], **item: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(calls), **item}


def _answer(key: str, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": key, "content": text}


def _result(key: str, output: object, at: float | None = None, **given: Any) -> Event:
    return event("conversation.tool_result", at, tool_call_id=key, output=output, **given)


DEEP = {"function": {"name": "book", "arguments": '{"week":44}'}}
FLAT = {"name": "book", "arguments": {"week": 44}}


def test_announcements_with_one_id_are_one_call_that_knows_all() -> None:
    events = [
        _live(5.0, tool_call_id="k", arguments="{"),
        _live(None, tool_call_id="k", arguments={"week": 44}),
        transcript(_written({"id": "k", **DEEP})),
    ]
    for order in permutations(events):
        found = rows(order, "tool_calls", *COLUMNS, "problem", "started_at")
        assert found == [("k", "book", '{"week":44}', None, 5.0)]


@pytest.mark.parametrize("form", [DEEP, FLAT], ids=["nested", "flat"])
@pytest.mark.parametrize(("live", "written"), [(None, "k"), ("k", None), (None, None), ("k", "k")])
def test_a_call_in_both_places_is_one_wherever_its_id_stands(
    live: str | None, written: str | None, form: dict[str, Any]
) -> None:
    given = {"tool_call_id": live} if live else {}
    events = [
        _live(5.0, arguments='{"week": 44.0}', inference_id="spec", **given),
        transcript(_written({"id": written, **form}, seconds_from_start=7.0)),
    ]
    key = live or written
    assert rows(events, "tool_calls", *COLUMNS) == [(key, "book", '{"week":44}')]


def test_two_equal_calls_in_both_places_stay_two() -> None:
    events = [
        _live(5.0, tool_call_id="a", arguments={"week": 44}),
        _live(9.0, tool_call_id="b", arguments={"week": 44}),
        transcript(_written(FLAT), _written(FLAT)),
        transcript(_written(FLAT), at=950.0),
    ]
    assert rows(events, "tool_calls", "tool_call_id", "started_at") == [("a", 5.0), ("b", 9.0)]


def test_a_call_repeated_without_an_id_is_one_a_inference() -> None:
    events = [
        _live(5.0, inference_id="i", arguments={"week": 44}),
        _live(5.2, inference_id="i", arguments='{"week":44}'),
        _live(9.0, inference_id="j", arguments={"week": 44}),
    ]
    assert rows(events, "tool_calls", "started_at") == [5.0, 9.0]


def test_the_offset_of_a_call_that_only_the_transcript_knows_is_kept() -> None:
    call = _written({"id": "k", **DEEP}, seconds_from_start=61.2)
    assert rows([transcript(call, at=None)], "tool_calls", "offset_s", "started_at") == [
        (61.2, None)
    ]
    found = rows([joined(2.0), transcript(call)], "tool_calls", "offset_s", "started_at")
    assert found == [(61.2, 63.2)]
    timed = _written({"id": "k", **DEEP}, timestamp=EPOCH + 10)
    assert rows([joined(2.0), transcript(timed)], "tool_calls", "offset_s") == [8.0]


def test_results_come_from_the_room_and_from_the_transcript_and_the_last_form_wins() -> None:
    call = _live(5.0, tool_call_id="k")
    first, second = _answer("k", "started"), _answer("k_result", "booked")
    assert rows([call], "tool_calls", "result", "status") == [(None, None)]
    assert rows([call, transcript(first)], "tool_calls", "result") == ["started"]
    for items in ((first, second), (second, first)):
        assert rows([call, transcript(*items)], "tool_calls", "result") == ["booked"]
    room = _result("k", {"ü": [1]}, status="error")
    found = rows([call, transcript(first, second), room], "tool_calls", "result", "status")
    assert found == [('{"ü": [1]}', "error")]


def test_an_id_that_ends_in_result_is_an_id_like_any_other() -> None:
    events = [_live(5.0, tool_call_id="get_result"), transcript(_answer("get_result", "7"))]
    assert rows(events, "tool_calls", "result") == ["7"]


def test_an_empty_answer_hides_no_other() -> None:
    events = [_live(5.0, tool_call_id="k"), transcript(_answer("k", "7"), _answer("k", ""))]
    assert rows(events, "tool_calls", "result") == ["7"]


def test_perception_calls_have_their_modality_and_the_guides_bare_properties() -> None:
    kind = "conversation.perception_tool_call"
    events = [
        event(kind, 1.0, name="shown", modality="vision", arguments={"a": 1}, frames=[{}]),
        event(kind, 2.0, name="heard", modality="audio", arguments='{"b":2}'),
        event(kind, 3.0, visual_context="a chart", detected_objects=["chart"]),
    ]
    assert rows(events, "tool_calls", "name", "modality", "arguments") == [
        ("shown", "vision", '{"a":1}'),
        ("heard", "audio", '{"b":2}'),
        ("perception", "vision", '{"detected_objects":["chart"],"visual_context":"a chart"}'),
    ]


def test_calls_without_a_time_come_last_in_the_order_of_the_transcript() -> None:
    calls = [_written({"id": key, "name": key}) for key in ("z", "a", "m")]
    found = rows([_live(5.0, name="b"), transcript(*calls)], "tool_calls", "name")
    assert found == ["b", "z", "a", "m"]


def test_hostile_calls_do_not_stop_the_fold() -> None:
    odd = [
        {"tool_calls": "x"},
        {"tool_calls": [None, 3, {"function": 4}]},
        {"tool_calls": {"a": 1}},
    ]
    deep = {"id": "k", "name": "n", "arguments": "[" * 50_000}
    events = [transcript(*({"role": "assistant", **each} for each in odd), _written(deep))]
    found = rows(events, "tool_calls", "name", "problem")
    assert found == [("unknown", None), ("n", "arguments are not JSON")]
