"""The laws of the corridor, as far as they run through the store. Law 6 is in tests/jobs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cvi.ingest import Source
from cvi.jobs.importing import import_source
from cvi.jobs.rebuild import rebuild
from cvi.jobs.settle import settle_all
from cvi.store import facts
from tests.store.story import (
    WORKSPACE,
    Payload,
    count,
    deliver,
    dump,
    event,
    incoming,
    ports_of,
    rows,
    sql_dump,
    story,
)

KEPT = ("conversation_events", "event_jobs", "llm_tool_executions", "webhook_failures")


def _told() -> list[Payload]:
    """Four conversations, one of them half told, and what belongs to none."""
    whole = [each for name in ("a", "b", "c") for each in story(name)]
    return [*whole, *story("half")[:4], event(None, "replica.training"), event("a", "x.y", 7)]


def _empty(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in ("llm_tool_executions", "import_events", *KEPT[1::-1]):
            connection.exec_driver_sql(f"delete from {table}")


def test_law_1_appending_twice_is_appending_once(engine: sa.Engine) -> None:
    """Before and after settling: facts, jobs, works and views stay as they are."""
    deliver(engine, _told())
    deliver(engine, _told())
    settle_all(ports_of(engine))
    before = dump(engine), sql_dump(engine, KEPT)
    assert deliver(engine, _told()) == 0
    assert settle_all(ports_of(engine)).claimed == 0
    assert (dump(engine), sql_dump(engine, KEPT)) == before


@pytest.mark.parametrize("seed", range(3))
def test_law_2_the_order_does_not_matter(engine: sa.Engine, seed: int) -> None:
    """Shuffled, with duplicates, in batches of any size, settled at any moment."""
    deliver(engine, _told())
    settle_all(ports_of(engine))
    expected = dump(engine)
    _empty(engine)
    chance = random.Random(seed)  # noqa: S311
    told = [*_told(), *chance.sample(_told(), 9)]
    chance.shuffle(told)
    while told:
        size = chance.choice([1, 3, 8])
        deliver(engine, told[:size])
        del told[:size]
        if chance.random() < 0.4:
            settle_all(ports_of(engine), limit=chance.choice([2, 7, 500]))
    settle_all(ports_of(engine))
    assert dump(engine) == expected


def test_law_3_rebuild_is_identity(engine: sa.Engine) -> None:
    """The same views, byte for byte, and nothing else is touched."""
    deliver(engine, [*_told(), b"unreadable"])
    settle_all(ports_of(engine))
    before = dump(engine), sql_dump(engine, KEPT)
    rebuild(ports_of(engine))
    assert (dump(engine), sql_dump(engine, KEPT)) == before
    assert any(before[0].values())


def test_law_4_an_empty_store_has_every_column(engine: sa.Engine) -> None:
    """Pages need no special case for it."""
    from cvi.frames import SCHEMA
    from cvi.store.queries import table_rows

    for name, columns in SCHEMA.items():
        frame = table_rows(engine, name, None, workspace=WORKSPACE)
        assert frame.empty
        assert {key: str(frame[key].dtype) for key in columns} == dict(columns)


def _call(**more: Any) -> Payload:
    given = {"name": "find_invoice", "tool_call_id": "call-1", "arguments": '{"number": 7}', **more}
    return event("a", "conversation.tool_call", 9.0, **given)


def test_law_5_history_does_not_act(engine: sa.Engine) -> None:
    """Imported and backfilled tool calls run nothing, also when the views are made again."""
    deliver(engine, story("a"), live=False)
    settle_all(ports_of(engine))
    rebuild(ports_of(engine))
    assert count(engine, "tool_calls") == 1
    assert count(engine, "llm_tool_executions") == 0


@pytest.mark.parametrize("imported", ["never", "before", "after"])
def test_law_5_a_live_call_acts_once(engine: sa.Engine, imported: str) -> None:
    """However often it is delivered, through whichever door, whatever was imported."""
    ports = ports_of(engine)
    if imported == "before":
        deliver(engine, [_call()], live=False)
        settle_all(ports)
    for delivery in (_call(), _call(), {**_call(), "webhook_url": "https://other.example"}):
        deliver(engine, [delivery])
        settle_all(ports)
    # The relay announces the same call in a message of its own.
    deliver(engine, [{**_call(modality="llm"), "timestamp": "2026-03-02T09:00:10Z"}])
    if imported == "after":
        deliver(engine, [_call()], live=False)
    settle_all(ports)
    rebuild(ports)
    [(tool, arguments, success)] = rows(
        engine, "select tool_name, input_parameters, success from llm_tool_executions"
    )
    assert tool == "find_invoice"
    assert (json.loads(arguments) if isinstance(arguments, str) else arguments) == {"number": 7}
    assert success is None


def test_law_5_calls_without_an_id_are_told_apart(engine: sa.Engine) -> None:
    """By who asked for what: announced twice it is one call, another inference asks anew."""
    first = event("a", "conversation.tool_call", 1, name="t", arguments="{}", inference_id="i1")
    again = event("a", "conversation.tool_call", 2, name="t", arguments="{}", inference_id="i1")
    other = event("a", "conversation.tool_call", 3, name="t", arguments="{}", inference_id="i2")
    for payload in (first, first, again, other):
        deliver(engine, [payload])
        settle_all(ports_of(engine))
    assert count(engine, "llm_tool_executions") == 2


# --- law 7 -----------------------------------------------------------------------------------


def _reply(payloads: list[Payload]) -> Payload:
    """What GET /v2/conversations/{id}?verbose=true answers about the same conversation."""
    return {
        "conversation_id": "a",
        "conversation_name": "Invoice",
        "conversation_url": "https://tavus.daily.co/a",
        "callback_url": "https://hooks.example.test/s3cret",
        "status": "ended",
        "replica_id": "r1",
        "persona_id": "p1",
        "created_at": "2026-03-02T08:59:58Z",
        "events": payloads,
    }


def _by_webhook(engine: sa.Engine, payloads: list[Payload]) -> None:
    for payload in payloads:
        body = json.dumps({**payload, "webhook_url": "https://hooks.example.test"}, indent=1)
        facts.append(engine, [incoming(body.encode())], workspace=WORKSPACE)


def _by_dump(engine: sa.Engine, payloads: list[Payload]) -> None:
    lines = "\n".join(json.dumps({"body": json.dumps(each)}) for each in payloads)
    import_source(ports_of(engine), Source.from_bytes(lines.encode(), "dump.jsonl"))


def _by_reply(engine: sa.Engine, payloads: list[Payload]) -> None:
    text = json.dumps(_reply(payloads))
    import_source(ports_of(engine), Source.from_bytes(text.encode(), "reply.json"))


def _through(engine: sa.Engine, door: Callable[..., None], payloads: list[Payload]) -> Any:
    _empty(engine)
    door(engine, payloads)
    settle_all(ports_of(engine))
    return dump(engine)


def test_law_7_webhook_and_dump_agree_in_everything(engine: sa.Engine) -> None:
    """Rows, metrics and keys of facts; only the door and `live` differ."""
    keys = "select key, event_type, occurred_at from conversation_events order by key"
    one = _through(engine, _by_webhook, story("a")), rows(engine, keys)
    two = _through(engine, _by_dump, story("a")), rows(engine, keys)
    assert one == two
    assert len(one[0]["turns"]) == 4


def test_law_7_a_reply_brings_the_same_facts_and_one_more(engine: sa.Engine) -> None:
    """What the API says about the conversation itself is a fact of its own."""
    keys = "select key from conversation_events where event_type <> 'conversation.described'"
    _through(engine, _by_webhook, story("a"))
    webhook = set(rows(engine, keys))
    _through(engine, _by_reply, story("a"))
    assert set(rows(engine, keys)) == webhook
    assert count(engine, "conversation_events") == len(webhook) + 1


def test_law_7_a_reply_gives_equal_rows_and_metrics(engine: sa.Engine) -> None:
    """Given the described event at every door, nothing differs at all."""
    from cvi.ingest.tavus import described

    told = [described(_reply([])), *story("a")]
    one = _through(engine, _by_webhook, told)
    assert _through(engine, _by_dump, told) == one
    assert _through(engine, _by_reply, story("a")) == one


def test_law_7_all_doors_at_once_are_one_conversation(engine: sa.Engine) -> None:
    """They meet in one row each."""
    alone = _through(engine, _by_reply, story("a"))
    for door in (_by_webhook, _by_dump):
        door(engine, story("a"))
    settle_all(ports_of(engine))
    assert dump(engine) == alone
    assert count(engine, "conversation_events") == len(story("a")) + 1


def test_law_7_for_the_samples_that_ship(engine: sa.Engine) -> None:
    """The verbose reply, and its events as callbacks."""
    from cvi.resources import resource

    sample: Path = resource("samples") / "tavus_verbose.json"
    reply = json.loads(sample.read_text())
    import_source(ports_of(engine), sample)
    settle_all(ports_of(engine))
    before = dump(engine)
    assert deliver(engine, reply["events"]) == 0
    settle_all(ports_of(engine))
    assert dump(engine) == before
