"""The two shapes on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cvi.demo.payloads import Draft, render

if TYPE_CHECKING:
    from conftest import Demo


def test_the_real_shape_keeps_ids_at_the_top(demo: Demo) -> None:
    planned = replace(demo.plans[0], shape="real")
    said = {"role": "user", "speech": "Hello?"}
    draft = Draft(
        planned.start, "conversation.utterance", said, live=True, turn_idx=1, inference_id="a-b"
    )
    (payload,) = render(planned, [draft])
    assert (payload["seq"], payload["turn_idx"], payload["inference_id"]) == (1, 1, "a-b")
    assert isinstance(payload["timestamp"], float)


def test_the_guides_shape_keeps_ids_inside(demo: Demo) -> None:
    planned = replace(demo.plans[0], shape="guide")
    said = {"role": "user", "speech": "Hello?"}
    draft = Draft(
        planned.start, "conversation.utterance", said, live=True, turn_idx=1, inference_id="a-b"
    )
    (payload,) = render(planned, [draft])
    assert payload["properties"] == {"role": "user", "text": "Hello?", "inference_id": "inf_a-b"}
    assert set(payload) == {
        "event_type",
        "message_type",
        "conversation_id",
        "properties",
        "timestamp",
    }


def test_drafts_are_sent_in_order_of_time(demo: Demo) -> None:
    planned = replace(demo.plans[0], shape="real")
    late = Draft(planned.start + timedelta(seconds=9), "system.shutdown")
    early = Draft(planned.start, "system.replica_joined")
    assert [each["event_type"] for each in render(planned, [late, early])] == [
        "system.replica_joined",
        "system.shutdown",
    ]
