"""The generated events: the same each time, of every tier, and folding into what was planned."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from cvi.demo import generate, malformed
from cvi.errors import BadInput
from cvi.events import parse_body
from cvi.events.aliases import KNOWN
from cvi.events.times import parse_time

if TYPE_CHECKING:
    from conftest import Demo

END = date(2026, 9, 20)


def _bytes(**arguments: int) -> bytes:
    payloads = generate(end=END, days=30, count=40, **arguments)
    return "\n".join(json.dumps(each) for each in payloads).encode()


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert _bytes(seed=3) == _bytes(seed=3)


def test_another_seed_gives_other_bytes() -> None:
    assert _bytes(seed=3) != _bytes(seed=4)


def test_five_hundred_conversations_have_many_events() -> None:
    assert sum(1 for _ in generate(end=END)) > 20_000


def test_few_conversations_over_few_days_work_as_well() -> None:
    for count, days in ((0, 90), (1, 1), (3, 2), (60, 5)):
        ids = {each["conversation_id"] for each in generate(end=END, days=days, count=count)}
        assert len(ids) == count


def test_every_planned_conversation_is_sent_in_order(demo: Demo) -> None:
    sent = list(dict.fromkeys(each["conversation_id"] for each in demo.payloads))
    assert sent == [each.conversation_id for each in demo.plans]


def test_events_of_one_conversation_are_in_order_of_time(demo: Demo) -> None:
    stories: dict[str | None, list[float]] = {}
    for event in demo.events:
        assert event.at is not None
        stories.setdefault(event.conversation_id, []).append(event.at.timestamp())
    assert all(
        later - earlier > -0.001 for story in stories.values() for earlier, later in pairwise(story)
    )


def test_calls_lie_inside_the_span(demo: Demo) -> None:
    first = END - timedelta(days=89)
    assert all(first <= each.start.date() <= END for each in demo.plans)
    assert {each.at.date() <= END + timedelta(days=1) for each in demo.events if each.at} == {True}


def test_no_event_has_a_role_nobody_knows(demo: Demo) -> None:
    rows = [row for event in demo.events for row in event.properties.get("transcript", ())]
    assert {row["role"] for row in rows} <= {"user", "assistant", "system", "tool"}
    spoken = [event for event in demo.events if "speaking" in event.type]
    assert {event.properties["role"] for event in spoken} == {"user", "assistant"}


def test_both_shapes_are_sent_and_a_tenth_is_the_guides(demo: Demo) -> None:
    guide = {each["conversation_id"] for each in demo.payloads if _is_guide(each)}
    assert guide == {each.conversation_id for each in demo.plans if each.shape == "guide"}
    assert 25 <= len(guide) <= 80


def _is_guide(payload: dict[str, object]) -> bool:
    own = payload["event_type"] == "conversation.described"
    return not own and "webhook_url" not in payload and "seq" not in payload


def test_live_events_count_up(demo: Demo) -> None:
    seqs: dict[str, list[int]] = {}
    for each in demo.payloads:
        if "seq" in each:
            seqs.setdefault(each["conversation_id"], []).append(each["seq"])
    assert len(seqs) > 200
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())


def test_live_events_and_transcript_share_their_inference_ids(demo: Demo) -> None:
    live = {event.inference_id for event in demo.events if event.type == "conversation.utterance"}
    clocks = {each.conversation_id: each.timing for each in demo.plans}
    for event in demo.events:
        if clocks[str(event.conversation_id)] == "speaking":
            rows = event.properties.get("transcript", ())
            assert {row["inference_id"] for row in rows if "inference_id" in row} <= live


def test_the_pal_era_says_things_twice(demo: Demo) -> None:
    pal = {each.conversation_id for each in demo.plans if each.pal_era}
    kinds = Counter(each["event_type"] for each in demo.payloads if each["conversation_id"] in pal)
    assert kinds["system.pal_joined"] == kinds["system.replica_joined"] > 20


def test_the_clock_of_the_fold_is_the_planned_tier(demo: Demo) -> None:
    planned = {each.conversation_id: each.timing for each in demo.plans}
    folded = demo.frames.conversations.set_index("conversation_id").clock.to_dict()
    assert folded == planned


def test_the_outcome_of_the_fold_is_the_planned_kind(demo: Demo) -> None:
    outcomes = {"talk": "completed", "lecture": "completed"}
    planned = {each.conversation_id: outcomes.get(each.kind, each.kind) for each in demo.plans}
    folded = demo.frames.conversations.set_index("conversation_id").outcome.to_dict()
    assert folded == planned


def test_what_is_described_reaches_the_conversation(demo: Demo) -> None:
    rows = demo.frames.conversations.set_index("conversation_id")
    for each in demo.plans:
        row = rows.loc[each.conversation_id]
        assert (row.persona, row.replica, row.source) == (each.persona, each.replica, "demo")
        assert "{" not in row.title
        assert len(row.title) <= 70
    assert rows.title.nunique() > 300


def test_no_call_is_longer_than_its_limit(demo: Demo) -> None:
    rows = demo.frames.conversations
    assert (rows.duration_s <= rows.max_duration_s + 1.0).all()


def test_calls_last_between_three_and_twenty_five_minutes(demo: Demo) -> None:
    rows = demo.frames.conversations
    talks = rows[rows.outcome.isin(["completed", "time_limit"])]
    assert talks.duration_s.between(180, 1500).all()


def test_no_side_talks_over_itself(demo: Demo) -> None:
    spoken = demo.frames.speaking.sort_values(["conversation_id", "role", "start_s"])
    sides = spoken.groupby(["conversation_id", "role"])
    overlap = sides.start_s.shift(-1) < spoken.end_s
    assert not overlap.any()


def test_the_slow_persona_answers_at_least_twice_as_slowly(demo: Demo) -> None:
    medians = _response_medians(demo)
    slow = medians.pop("healthtech")
    assert 2.4 <= slow <= 3.2
    assert all(0.7 <= each <= 1.2 for each in medians.values())
    assert all(slow >= 2 * each for each in medians.values())


def _response_medians(demo: Demo) -> dict[str, float]:
    spoken = demo.frames.speaking.sort_values(["conversation_id", "start_s"])
    before = spoken.groupby("conversation_id").shift()
    answers = (spoken.role == "assistant") & (before.role == "user")
    gaps = (spoken.start_s - before.end_s)[answers]
    assert (gaps > 0).all()
    personas = {each.conversation_id: each.persona for each in demo.plans}
    by = spoken.conversation_id[answers].map(personas)
    return {str(key): float(value) for key, value in gaps.groupby(by).median().items()}


def test_people_speak_at_the_speed_of_people(demo: Demo) -> None:
    turns = demo.frames.turns.dropna(subset=["duration_s"])
    words = turns.text.str.count(r"\S+")
    rate = (words / turns.duration_s)[words >= 8]
    assert 1.9 <= rate.median() <= 2.9
    assert rate.quantile(0.99) < 4.5


def test_interruptions_and_murmurs_happen_now_and_then(demo: Demo) -> None:
    spoken = demo.frames.speaking
    assistant = spoken[spoken.role == "assistant"]
    assert 0.01 <= assistant.interrupted.fillna(value=False).mean() <= 0.12
    short = spoken[(spoken.role == "user") & (spoken.end_s - spoken.start_s < 0.8)]
    assert len(short) > 100


def test_lectures_leave_the_user_almost_no_room(demo: Demo) -> None:
    turns = demo.frames.turns
    words = turns.assign(n=turns.text.str.count(r"\S+"))
    total = words.pivot_table(index="conversation_id", columns="role", values="n", aggfunc="sum")
    share = total.user / (total.user + total.assistant)
    lectured = demo.tagged("one_sided")
    assert len(lectured) == 25
    assert (share[share.index.isin(lectured)] < 0.15).all()
    assert (share[~share.index.isin(lectured)].dropna() > 0.15).mean() > 0.99


def test_tool_calls_are_complete_and_answered(demo: Demo) -> None:
    calls = demo.frames.tool_calls
    assert set(calls.name) == {
        "generate_pitch_deck",
        "create_business_plan",
        "analyze_market_research",
    }
    assert calls.problem.isna().all()
    assert not calls.arguments.str.contains(r"\{(?:name|company|product)\}").any()
    assert calls.result.notna().mean() > 0.6
    assert not calls.duplicated(["conversation_id", "name"]).any()


def test_a_few_events_are_of_a_type_nobody_knows(demo: Demo) -> None:
    unknown = Counter(event.type for event in demo.events if event.type not in KNOWN)
    assert set(unknown) == {"application.lip_sync_report"}
    assert 1 <= unknown.total() <= 15


def test_signals_perceptions_and_recordings_are_there(demo: Demo) -> None:
    kinds = Counter(demo.frames.signals.kind)
    assert kinds["objective_activated"] >= kinds["objective_completed"] > 20
    assert 1 <= kinds["guardrail"] <= 25
    assert 100 < (demo.frames.perceptions.kind == "analysis").sum() < 250
    assert 60 < demo.frames.conversations.has_recording.sum() < 200


def test_malformed_bodies_are_refused() -> None:
    bodies = malformed()
    assert len(bodies) == 3
    for body in bodies:
        with pytest.raises(BadInput):
            parse_body(body)


def test_nothing_is_lost_between_the_events_and_the_fold(demo: Demo) -> None:
    sent = Counter[str]()
    for event in demo.events:
        for row in event.properties.get("transcript", ()):
            sent[str(event.conversation_id)] += row["role"] in ("user", "assistant") and bool(
                row["text"]
            )
    folded = demo.frames.turns.groupby("conversation_id").size().to_dict()
    assert folded == {key: count for key, count in sent.items() if count}


def test_response_times_do_not_depend_on_the_tier(demo: Demo) -> None:
    planned = {each.conversation_id: each for each in demo.plans}
    turns = demo.frames.turns.dropna(subset=["offset_s", "duration_s"])
    before = turns.groupby("conversation_id").shift()
    answers = (turns.role == "assistant") & (before.role == "user")
    gaps = (turns.offset_s - before.offset_s - before.duration_s)[answers]
    frame = pd.DataFrame({"gap": gaps, "id": turns.conversation_id[answers]})
    quick = frame[frame.id.map(lambda key: planned[key].persona != "healthtech")]
    tiers = quick.groupby(quick.id.map(lambda key: planned[key].timing)).gap.median()
    assert all(0.7 <= each <= 1.2 for each in tiers)
    assert statistics.mean(tiers) > 0.7


def test_times_are_read_as_utc(demo: Demo) -> None:
    stamps = {type(each["timestamp"]) for each in demo.payloads}
    assert stamps == {str, float}
    assert all(parse_time(each["timestamp"]) is not None for each in demo.payloads)
