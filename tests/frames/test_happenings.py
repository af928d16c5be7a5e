"""Perception and signals: each said once, at its time."""

from __future__ import annotations

import json
from itertools import permutations

from cvi.events import Event
from tests.events.build import event
from tests.frames.build import about, joined, rows

SEEN, GUARD = "application.perception_analysis", "conversation.guardrail.triggered"
DONE = "conversation.objective.completed"


def _signals(*events: Event) -> list[tuple[str, str | None, float | None]]:
    return rows(events, "signals", "kind", "name", "offset_s")


def test_an_analysis_is_kept_once_at_its_earliest_time_in_order_of_time() -> None:
    events = [
        joined(),
        event("application.perception_unavailable", 20.0, reason="no_vision_history"),
        event(SEEN, analysis="b"),
        event(SEEN, 60.0, analysis="b"),
        event(SEEN, 50.0, analysis="b", seq=900),
        event(SEEN, 70.0, analysis="a"),
        event(SEEN, analysis="c"),
    ]
    wanted = [
        ("unavailable", '{"reason": "no_vision_history"}', 20.0),
        ("analysis", "b", 50.0),
        ("analysis", "a", 70.0),
        ("analysis", "c", None),
    ]
    for order in list(permutations(events))[::97]:
        assert rows(order, "perceptions", "kind", "content", "offset_s") == wanted
        assert about(order)["perception"] == "b\n\na\n\nc"


def test_an_analysis_that_is_an_object_is_kept_as_json() -> None:
    found = rows([event(SEEN, 1.0, analysis={"b": 1, "a": "ü"})], "perceptions", "content")
    assert found == ['{"a": "ü", "b": 1}']


def test_a_callback_without_a_time_gives_way_to_the_message_in_the_room() -> None:
    callback = event(GUARD, guardrail="no_tax", guardrail_uuid="g1")
    message = event(GUARD, 9.0, seq=4, guardrail="no_tax", reason="asked")
    assert _signals(callback) == [("guardrail", "no_tax", None)]
    assert _signals(joined(), callback, message) == [("guardrail", "no_tax", 9.0)]
    other = event(GUARD, guardrail="no_legal")
    assert len(_signals(callback, message, other)) == 2


def test_two_sendings_are_one_and_two_triggers_are_two() -> None:
    at = [event(DONE, when, seq=int(10 * when), objective_name="o") for when in (9.0, 9.4, 30.0)]
    assert _signals(joined(), *at) == [
        ("objective_completed", "o", 9.0),
        ("objective_completed", "o", 30.0),
    ]


def test_what_an_operator_does_twice_happened_twice() -> None:
    steps = [event("conversation.interrupt", when) for when in (9.0, 9.4)]
    assert len(_signals(*steps)) == 2


def test_signals_carry_everything_else_as_detail() -> None:
    found = rows(
        [
            event(DONE, 9.0, objective_name="o", output_variables={"b": 2, "a": 1}),
            event("application.post_call_action_executed", 99.0, tool_name="mail", status="ok"),
            event("conversation.set_emotion", 3.0, emotion="calm"),
            event("conversation.objective.confirm", 4.0, objective_name="o"),
        ],
        "signals",
        "kind",
        "name",
        "detail",
    )
    assert [(kind, name, json.loads(detail or "{}")) for kind, name, detail in found] == [
        ("control_emotion", "calm", {}),
        ("control_confirm_objective", "o", {}),
        ("objective_completed", "o", {"output_variables": {"a": 1, "b": 2}}),
        ("post_call_action", "mail", {"status": "ok"}),
    ]
