"""What the webhook door promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import threading

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from cvi.bootstrap import Ports
from cvi.jobs.settle import settle_all
from cvi.server.api import lifespan, routes
from cvi.server.receiver import Receiver
from cvi.settings import Key, load_settings
from cvi.store import facts, queue
from cvi.store.tables import PENDING, conversation_events, event_jobs, webhook_failures
from tests.server.wire import PATH, TOKEN, payload

SECRET = "tool-secret-1"
HOME = ("127.0.0.1", 4000)
AWAY = ("203.0.113.9", 4000)


class Client(httpx.AsyncClient):
    """Posts to the door inside this process."""

    receiver: Receiver

    async def hook(self, content, path=PATH, **headers):
        return await self.post(
            path, content=content, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )


@contextlib.asynccontextmanager
async def client(engine, tmp_path, *, caller=AWAY, write=None, tokens=TOKEN, **env):
    settings = load_settings(env, data_dir=tmp_path)
    receiver = Receiver(engine, "default", settings, (Key(tokens),), body_seconds=5, write=write)
    app = Starlette(routes=routes(receiver))
    transport = httpx.ASGITransport(app, client=caller)
    async with lifespan(receiver)(app), Client(transport=transport, base_url="http://test") as made:
        made.receiver = receiver
        yield made


def rows(engine, table=conversation_events):
    with engine.connect() as connection:
        return connection.execute(sa.select(table)).all()


def signature(body, secret=SECRET):
    return hmac.digest(secret.encode(), body, "sha256").hex()


# --- what is accepted --------------------------------------------------------------------------


def test_a_verified_callback_is_stored_with_its_job_and_its_bytes(engine, tmp_path):
    body = payload("c1")

    async def run():
        async with client(engine, tmp_path) as door:
            answer = await door.hook(body)
            assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})

    asyncio.run(run())
    (fact,), (job,) = rows(engine), rows(engine, event_jobs)
    assert (fact.body, fact.conversation_id, fact.source) == (body, "c1", "webhook")
    assert fact.live is True
    assert fact.event_type == "system.replica_joined"
    assert (job.seq, job.state, job.claims, job.failures) == (fact.seq, PENDING, 0, 0)
    assert (job.conversation_id, job.workspace_id) == ("c1", "default")
    assert fact.occurred_at.isoformat() == "2026-09-21T14:33:21.564961+00:00"
    assert fact.received_at.tzinfo is not None
    assert job.due >= fact.received_at


def test_the_bytes_are_what_is_verified(engine, tmp_path):
    body = payload("c1")

    async def run():
        env = {"TAVUS_WEBHOOK_SECRET": SECRET, "CVI_WEBHOOK_AUTH": "signature"}
        async with client(engine, tmp_path, **env) as door:
            proof = {"x_tavus_signature": f"sha256={signature(body)}"}
            again = json.dumps(json.loads(body), separators=(",", ":")).encode()
            assert (await door.hook(again, "/webhooks/tavus", **proof)).status_code == 401
            assert (await door.hook(body + b" ", "/webhooks/tavus", **proof)).status_code == 401
            assert (await door.hook(body, PATH)).status_code == 401
            assert (await door.hook(body, "/webhooks/tavus", **proof)).status_code == 200

    asyncio.run(run())
    assert len(rows(engine)) == 1


@pytest.mark.parametrize(
    ("mode", "by_token", "by_signature", "by_both"),
    [
        ("any", 200, 200, 200),
        ("token", 200, 401, 200),
        ("signature", 401, 200, 200),
        ("both", 401, 401, 200),
    ],
)
def test_modes(sqlite_engine, tmp_path, mode, by_token, by_signature, by_both):
    body = payload("c1")
    proof = {"x_signature": signature(body)}

    async def run():
        env = {"TAVUS_WEBHOOK_SECRET": SECRET, "CVI_WEBHOOK_AUTH": mode}
        async with client(sqlite_engine, tmp_path, **env) as door:
            answers = [
                await door.hook(body, PATH),
                await door.hook(body, "/webhooks/tavus", **proof),
                await door.hook(body, PATH, **proof),
                await door.hook(body, "/webhooks/tavus"),
                await door.hook(body, PATH + "x", x_signature="sha256=é".encode("latin-1")),
            ]
            return [each.status_code for each in answers]

    assert asyncio.run(run()) == [by_token, by_signature, by_both, 401, 401]


def test_mode_none_is_for_callers_on_this_machine(sqlite_engine, tmp_path):
    async def run(caller, **headers):
        async with client(sqlite_engine, tmp_path, caller=caller, CVI_WEBHOOK_AUTH="none") as door:
            return (await door.hook(payload("c1"), "/webhooks/tavus", **headers)).status_code

    assert asyncio.run(run(HOME)) == 200
    assert asyncio.run(run(("::1", 1))) == 200
    assert asyncio.run(run(AWAY)) == 401
    assert asyncio.run(run(None)) == 401
    assert asyncio.run(run(HOME, x_forwarded_for="127.0.0.1")) == 401  # through a tunnel
    assert asyncio.run(run(HOME, origin="https://evil.example")) == 401  # from a page in a browser


def test_the_tool_api_envelope_comes_through_the_same_door(engine, tmp_path):
    body = (
        b'{"conversation_id":"c7f2a91be4d0","tool_call_id":"call_7Qd1","name":"save_lead",'
        b'"arguments":"{\\"company\\":\\"Northwind\\"}"}'
    )
    proof = "761012bcb55971dfa6b7d7098a438b5087688e6e50b6094fcc711e0a7f72b97d"

    async def run():
        async with client(engine, tmp_path, TAVUS_WEBHOOK_SECRET=SECRET) as door:
            answer = await door.hook(body, "/webhooks/tavus", x_tavus_signature=proof)
            assert answer.status_code == 200

    asyncio.run(run())
    assert [row.event_type for row in rows(engine)] == ["conversation.tool_call"]


def test_an_unknown_type_is_kept(engine, tmp_path):
    async def run():
        async with client(engine, tmp_path) as door:
            body = b'{"event_type": "x.y", "conversation_id": "c1", "properties": {"a": 1}}'
            assert (await door.hook(body)).status_code == 200

    asyncio.run(run())
    assert [row.event_type for row in rows(engine)] == ["x.y"]
    outcome = settle_all(Ports(load_settings({}, data_dir=tmp_path), engine, "default"))
    assert (outcome.done, outcome.failed) == (1, 0)


ODD = [
    b'{"event_type": "x", "conversation_id"',
    b"\xff\xfe\x00",
    b"[]",
    b"null",
    b"\x00",
    b'{"a":' + b"[" * 990 + b"]" * 990 + b"}",
    b'{"a":' + b"[" * 99_999,
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_what_cannot_be_read_is_kept_and_becomes_a_failure(sqlite_engine, tmp_path, body):
    async def run():
        async with client(sqlite_engine, tmp_path) as door:
            assert (await door.hook(body)).status_code == 200

    asyncio.run(run())
    assert [(row.event_type, row.body) for row in rows(sqlite_engine)] == [("unreadable", body)]
    settle_all(Ports(load_settings({}, data_dir=tmp_path), sqlite_engine, "default"))
    (failure,) = rows(sqlite_engine, webhook_failures)
    assert failure.payload == body
    assert failure.error_message


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(-(10**400), 10**400),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    ["event_type", "type", "conversation_id", "timestamp", "seq", "turn_idx", "properties",
     "status", "transcript", "arguments", "duration", "role", "speech", "inference_id",
     "tool_call_id", "name"]
)  # fmt: skip
types = st.sampled_from(
    ["application.transcription_ready", "conversation.utterance", "system.shutdown"]
)


@given(st.dictionaries(names, json_values, max_size=6), st.none() | types)
def test_reading_an_identity_never_raises(payload, kind):
    if kind is not None:
        payload = {"event_type": kind, "properties": payload, **payload}
    found = facts.incoming(json.dumps(payload).encode(), source="webhook", live=True)
    assert len(found.key) == 64
    assert "\x00" not in found.event_type + (found.conversation_id or "")


# --- many at once ------------------------------------------------------------------------------


def test_the_same_event_a_hundred_times_at_once_is_one_row(engine, tmp_path):
    async def run():
        async with client(engine, tmp_path) as door:
            answers = await asyncio.gather(*(door.hook(payload("c1")) for _ in range(100)))
            return {each.status_code for each in answers}

    assert asyncio.run(run()) == {200}
    assert (len(rows(engine)), len(rows(engine, event_jobs))) == (1, 1)


@pytest.mark.parametrize("where", ["c\\u0000", "\\ud800", "c59", "c\\u0000\\ud800"])
def test_one_bad_event_never_fails_its_neighbours(engine, tmp_path, where):
    bad = (
        '{"event_type": "e\\u0000", "text": "\\u0000 \\ud800", "conversation_id": "' + where + '"}'
    )

    async def run():
        async with client(engine, tmp_path) as door:
            bodies = [*(payload(f"c{n}") for n in range(59)), bad.encode()]
            answers = await asyncio.gather(*map(door.hook, bodies))
            return [each.status_code for each in answers]

    assert asyncio.run(run()) == [200] * 60
    assert (len(rows(engine)), len(rows(engine, event_jobs))) == (60, 60)
    assert bad.encode() in {row.body for row in rows(engine)}


def test_rows_the_database_refuses_fail_alone(engine, tmp_path):
    """No payload known to us is refused; a conversation called poison stands for one."""

    def write(items):
        for each in items:
            if each.conversation_id == "poison":
                raise sa.exc.DataError("insert", {}, Exception("refused"))
        facts.append(engine, items, workspace="default")

    async def run():
        async with client(engine, tmp_path, write=write) as door:
            bodies = [payload("poison"), *(payload(f"c{n}") for n in range(30))]
            answers = await asyncio.gather(*map(door.hook, bodies))
            return [each.status_code for each in answers]

    assert asyncio.run(run()) == [503, *[200] * 30]
    assert len(rows(engine)) == 30


def test_a_large_batch_keeps_arrival_order_and_counts_what_is_new(engine):
    batch = [facts.incoming(payload(f"c{n:04d}"), source="file", live=False) for n in range(450)]
    assert facts.append(engine, batch[:10], workspace="default") == 10
    assert facts.append(engine, batch, workspace="default") == 440
    assert facts.append(engine, batch, workspace="other") == 450
    assert facts.append(engine, batch, workspace="default") == 0
    with engine.connect() as connection:
        query = sa.select(conversation_events).order_by(conversation_events.c.seq)
        found = [row for row in connection.execute(query) if row.workspace_id == "default"]
    assert [row.conversation_id for row in found] == [f"c{n:04d}" for n in range(450)]
    assert not any(row.live for row in found)
    assert {job.seq for job in rows(engine, event_jobs)} == {row.seq for row in rows(engine)}
    live = [facts.incoming(payload("c0003"), source="webhook", live=True)]
    assert facts.append(engine, live, workspace="default") == 0
    assert [row.conversation_id for row in rows(engine) if row.live] == ["c0003"]


def test_two_doors_with_the_same_happenings_in_another_order_both_get_through(engine):
    """On PostgreSQL each would wait for rows of the other; one is told so and tries again."""
    batch = [facts.incoming(payload(f"c{n}"), source="webhook", live=True) for n in range(500)]
    made, start = [], threading.Barrier(2)

    def door(mine):
        start.wait()
        made.append(facts.append(engine, mine, workspace="default"))

    threads = [threading.Thread(target=door, args=(mine,)) for mine in (batch, batch[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(made) == len(rows(engine)) == len(rows(engine, event_jobs)) == 500


def test_the_acknowledgement_waits_for_no_worker(engine, tmp_path):
    async def run():
        async with client(engine, tmp_path) as door:
            await door.hook(payload("c0"))
            held = queue.claim(engine, workspace="default", limit=10)  # a worker that never ends
            async with asyncio.timeout(5):
                answers = await asyncio.gather(*(door.hook(payload(f"c{n}")) for n in range(40)))
            assert len(held) == 1
            return {each.status_code for each in answers}

    assert asyncio.run(run()) == {200}
    assert {job.state for job in rows(engine, event_jobs)} == {PENDING}


# --- limits ------------------------------------------------------------------------------------


async def pieces(total, size=1000):
    for start in range(0, total, size):
        yield b"x" * min(size, total - start)


@pytest.mark.parametrize(
    ("length", "streamed", "status"),
    [
        (5000, False, 200),
        (5001, False, 413),
        (5000, True, 200),
        (5001, True, 413),
        (90_000, True, 413),
    ],
)
def test_the_limit_holds_whether_announced_or_not(
    sqlite_engine, tmp_path, length, streamed, status
):
    async def run():
        async with client(sqlite_engine, tmp_path, CVI_WEBHOOK_MAX_BYTES="5000") as door:
            answer = await door.hook(pieces(length) if streamed else b"x" * length)
            return answer, door.receiver

    answer, receiver = asyncio.run(run())
    assert answer.status_code == status
    assert receiver._held == 0
    if status == 413:
        assert "5000 bytes" in answer.json()["error"]["message"]


def test_a_stranger_is_turned_away_before_the_body_is_read(sqlite_engine, tmp_path):
    async def never():
        raise AssertionError("read")
        yield b""

    async def run():
        async with client(sqlite_engine, tmp_path) as door:
            return (await door.hook(never(), PATH + "x")).status_code

    assert asyncio.run(run()) == 401


def test_an_empty_body_says_so(sqlite_engine, tmp_path):
    async def run():
        async with client(sqlite_engine, tmp_path) as door:
            return await door.hook(b"")

    answer = asyncio.run(run())
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "hint"}


@contextlib.contextmanager
def stopped_disk(engine):
    """A write function that waits until the end of the block."""
    gate = threading.Event()

    def write(items):
        assert gate.wait(20)
        facts.append(engine, items, workspace="default")

    try:
        yield write, gate
    finally:
        gate.set()


def test_a_full_queue_answers_503_and_loses_nothing(engine, tmp_path):
    async def run():
        with stopped_disk(engine) as (write, gate):
            async with client(engine, tmp_path, write=write, CVI_WEBHOOK_QUEUE="5") as door:
                waiting = [asyncio.create_task(door.hook(payload(f"c{n}"))) for n in range(5)]
                while door.receiver.committer.waiting < 5:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                refused = await door.hook(payload("one-too-many"))
                unready = await door.get("/readyz")
                gate.set()
                answers = await asyncio.gather(*waiting)
                again = await door.hook(payload("one-too-many"))
                return refused, unready, [each.status_code for each in (*answers, again)]

    refused, unready, statuses = asyncio.run(run())
    assert refused.status_code == unready.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["error"]["message"]
    assert statuses == [200] * 6
    assert len(rows(engine)) == 6


def test_memory_held_by_all_callers_together_is_bounded(sqlite_engine, tmp_path):
    size = 2_000_000

    async def run():
        with stopped_disk(sqlite_engine) as (write, gate):
            async with client(sqlite_engine, tmp_path, write=write) as door:
                bodies = (b'{"n": %d, "x": "%b"}' % (n, b"x" * size) for n in range(40))
                tasks = [asyncio.create_task(door.hook(body)) for body in bodies]
                while sum(task.done() for task in tasks) + door.receiver.committer.waiting < 40:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                held = door.receiver._held
                gate.set()
                answers = await asyncio.gather(*tasks)
                return held, door.receiver._held, [each.status_code for each in answers]

    held, after, statuses = asyncio.run(run())
    assert 30 * size < held <= 64 * 1024 * 1024
    assert after == 0
    assert set(statuses) == {200, 503}
    assert statuses.count(200) == len(rows(sqlite_engine))


# --- a database that is away -------------------------------------------------------------------


@contextlib.contextmanager
def sqlite_away(engine, _server):
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE conversation_events RENAME TO away")
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO conversation_events")


@contextlib.contextmanager
def postgres_away(engine, server):
    name = engine.url.database
    server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    yield
    server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_that_is_away_means_503_and_then_all_is_well(kind, request, tmp_path, caplog):
    engine = request.getfixturevalue(f"{kind}_engine")
    server = request.getfixturevalue("postgres_server") if kind == "postgres" else None
    away = postgres_away if server else sqlite_away

    async def run():
        async with client(engine, tmp_path) as door:
            before = (await door.hook(payload("c0"))).status_code
            with away(engine, server):
                down = await asyncio.gather(*(door.hook(payload(f"c{n}")) for n in range(5)))
                ready = (await door.get("/readyz")).status_code
            after = (await door.hook(payload("c1"))).status_code
            return before, down, ready, after, (await door.get("/readyz")).status_code

    before, down, ready, after, ready_after = asyncio.run(run())
    assert (before, after, ready_after) == (200, 200, 200)
    assert {each.status_code for each in down} == {503}
    assert all(int(each.headers["retry-after"]) >= 1 for each in down)
    assert ready == (503 if server else 200)
    assert {row.conversation_id for row in rows(engine)} == {"c0", "c1"}
    assert "OperationalError" in caplog.text
    assert TOKEN not in caplog.text
