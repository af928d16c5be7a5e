"""Promises that only a real process can break: kills, signals, memory, slow clients, its log."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time

import sqlalchemy as sa

from cvi.store.tables import conversation_events, event_jobs
from tests.server.wire import PATH, TOKEN, Load, head, payload, post, read_answer, receiver, request


def stored(engine: sa.Engine) -> set[str]:
    """Conversations that have both their fact and its job."""
    both = sa.select(conversation_events.c.conversation_id).join(
        event_jobs, event_jobs.c.seq == conversation_events.c.seq
    )
    with engine.connect() as connection:
        facts = connection.scalar(sa.select(sa.func.count()).select_from(conversation_events))
        found = list(connection.execute(both).scalars())
    assert facts == len(found)
    return set(found)


def test_the_api_process_starts_without_pandas_or_streamlit():
    code = (
        "import sys, cvi.server.api, cvi.server.run; "
        "print([m for m in ('pandas', 'numpy', 'streamlit', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_kill_9_loses_nothing_that_was_acknowledged(engine, url_of, tmp_path):
    async def one(name: str) -> set[str]:
        async with receiver(url_of(engine), tmp_path) as process:
            load = Load(process.port, name)
            await load.until_gone(32, process, signal.SIGKILL)
            assert not load.refused
            return load.acked

    acked = asyncio.run(one("a")) | asyncio.run(one("b"))
    assert len(acked) >= 400
    assert acked - stored(engine) == set()


def test_sigterm_under_load_finishes_what_it_took(engine, url_of, tmp_path):
    async def run() -> set[str]:
        async with receiver(url_of(engine), tmp_path) as process:
            load = Load(process.port, "s")
            await load.until_gone(32, process, signal.SIGTERM)
            code = await asyncio.to_thread(process.process.wait, 20)
            assert code in (0, -signal.SIGTERM)
            assert set(load.refused) <= {503}
            return load.acked

    assert asyncio.run(run()) == stored(engine)


def test_a_body_without_end_costs_no_memory(sqlite_engine, url_of, tmp_path):
    limit = 2 * 1024 * 1024

    async def run() -> None:
        async with receiver(url_of(sqlite_engine), tmp_path) as process:
            await post(process.port, payload("warm"))
            before = process.memory
            _, writer = await asyncio.open_connection("127.0.0.1", process.port)
            writer.write(head("POST", PATH, [("transfer-encoding", "chunked")]))
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            sent = highest = 0
            with contextlib.suppress(ConnectionError):  # cut off long before the end
                for _ in range(1024):
                    writer.write(piece)
                    await writer.drain()
                    sent += 65536
                    highest = max(highest, process.memory - before)
            assert limit <= sent < 64 * 1024 * 1024
            assert highest < 2 * limit + 4 * 1024 * 1024
            assert stored(sqlite_engine) == {"warm"}

    asyncio.run(run())


def test_slow_clients_are_cut_off(sqlite_engine, url_of, tmp_path):
    async def closed_after(port: int, first: bytes, trickle: bytes = b"") -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.monotonic()
        writer.write(first)

        async def drip() -> None:
            while trickle:
                writer.write(trickle)
                await asyncio.sleep(0.2)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(10):
            try:
                while await reader.read(65536):
                    pass
            except ConnectionError:
                pass
        dripping.cancel()
        writer.close()
        return time.monotonic() - began

    async def run() -> None:
        options = {"header_seconds": 1.0, "body_seconds": 1.0}
        async with receiver(url_of(sqlite_engine), tmp_path, **options) as process:
            begun = head("POST", PATH)[:-2]
            wrong = head("POST", "/webhooks/tavus/wrong", [("content-length", "999999")])
            unread = asyncio.open_connection("127.0.0.1", process.port)
            took = await asyncio.gather(
                closed_after(process.port, b""),
                closed_after(process.port, begun),
                closed_after(process.port, begun, b"x: y\r\n"),
                closed_after(process.port, wrong, b"x"),
            )
            assert all(0.5 < each < 5 for each in took), took
            reader, writer = await unread
            writer.write(head("POST", PATH, [("content-length", "100")]) + b"{")
            answer = await asyncio.wait_for(read_answer(reader), 5)
            assert (answer.status, answer.headers["connection"]) == (408, "close")
            assert answer.json["error"]["message"]
            assert (await post(process.port, payload("after"))).status == 200

    asyncio.run(run())


def test_endless_headers_are_cut_off(sqlite_engine, url_of, tmp_path):
    async def run() -> None:
        async with receiver(url_of(sqlite_engine), tmp_path) as process:
            before = process.memory
            for line in (b"x-a: " + b"y" * 1000 + b"\r\n", b"y" * 1000):
                _, writer = await asyncio.open_connection("127.0.0.1", process.port)
                writer.write(head("POST", PATH)[:-2] + b"x-b: ")
                sent = 0
                with contextlib.suppress(ConnectionError):
                    for _ in range(20_000):
                        writer.write(line)
                        await writer.drain()
                        sent += 1
                assert sent < 20_000
            assert process.memory - before < 8 * 1024 * 1024
            assert (await post(process.port, payload("after"))).status == 200

    asyncio.run(run())


def test_neither_secrets_nor_payload_text_reach_the_log(engine, url_of, tmp_path):
    secret, text = "secret-MARKER-s3cret", "what-MARKER-they-said"
    env = {"TAVUS_WEBHOOK_SECRET": secret, "CVI_WEBHOOK_MAX_BYTES": "4096"}

    async def run() -> str:
        async with receiver(url_of(engine), tmp_path, env=env) as process:
            port = process.port
            good, bad = payload("c1", text=text), f'{{"text": "{text}'.encode()
            statuses = [
                (await post(port, good)).status,
                (await post(port, bad)).status,
                (await post(port, good, "/webhooks/tavus/wrong-MARKER")).status,
                (await post(port, b"")).status,
                (await post(port, text.encode() * 500)).status,
                (await request(port, "GET", PATH)).status,
                (await request(port, "POST", f"/webhooks/{TOKEN}", good)).status,
            ]
            assert statuses == [200, 200, 401, 400, 413, 405, 404]
            with engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE event_jobs RENAME TO hidden")
            assert (await post(port, payload("c2", text=text))).status == 503
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {PATH} NONSENSE {text}\r\n\r\n".encode())
            await reader.read()
            writer.close()
            process.process.terminate()
            await asyncio.to_thread(process.process.wait, 20)
            return process.text

    log = asyncio.run(run())
    assert "refused: 401" in log
    assert "failed" in log
    assert "MARKER" not in log
