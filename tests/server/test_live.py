"""The live stream: who may listen, what is heard, what it costs, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from itsdangerous import TimestampSigner

from cvi import bootstrap
from cvi.bootstrap import PASS_SECONDS, live_signer
from cvi.errors import Busy
from cvi.server.live import Feed
from cvi.settings import load_settings
from cvi.store import changes
from cvi.store.pulse import Beat, Watch
from tests.server.wire import Answer, free_port, head, read_answer, request

PROCESS = Path(__file__).with_name("live_process.py")


def touch(engine: sa.Engine, workspace: str = "default") -> None:
    with engine.begin() as connection:
        changes.touch(connection, workspace=workspace)


def signer_of(folder: Path, workspace: str = "default") -> TimestampSigner:
    return live_signer(load_settings({"CVI_WORKSPACE": workspace}, data_dir=folder))


def given_pass(folder: Path, workspace: str = "default") -> str:
    return signer_of(folder, workspace).sign("page").decode()


class Listener:
    """One open stream on the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def beat(self) -> list[int]:
        """The next state, signs of life left out."""
        async with asyncio.timeout(20):
            while True:
                line = await self._reader.readline()
                if line.startswith(b"data: "):
                    return json.loads(line[6:])
                if not line:
                    raise ConnectionError("the stream has ended")

    async def ended(self) -> None:
        async with asyncio.timeout(20):
            while await self._reader.read(4096):
                pass

    def close(self) -> None:
        self._writer.close()


async def listen(port: int, folder: Path) -> Listener:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("GET", "/live", [("x-cvi-pass", given_pass(folder))]))
    answer = await read_answer(reader)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    return Listener(reader, writer)


class Process:
    """A server in a process of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.port, self.folder, self.log = free_port(), folder, folder / "live.log"
        given = json.dumps({"url": url, "port": self.port, "folder": str(folder)})
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, str(PROCESS), given], stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(PROCESS.parents[2])},
            )  # fmt: skip

    async def listeners(self) -> int:
        return int((await request(self.port, "GET", "/readyz")).body)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while True:
                if await self.listeners() == count:
                    return
                await asyncio.sleep(0.02)

    async def ask(self, given: str) -> Answer:
        return await request(self.port, "GET", "/live", x_cvi_pass=given)


@contextlib.asynccontextmanager
async def serving(url: str, folder: Path) -> AsyncIterator[Process]:
    process = Process(url, folder)
    try:
        async with asyncio.timeout(30):
            while True:
                assert process.popen.poll() is None, process.log.read_text()
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    await process.listeners()
                    break
                await asyncio.sleep(0.02)
        yield process
    finally:
        process.popen.kill()
        process.popen.wait()


# --- on the wire ---------------------------------------------------------------------------------


def test_every_listener_hears_of_a_change(engine, url_of, tmp_path):
    async def run() -> None:
        async with serving(url_of(engine), tmp_path) as process:
            heard = [await listen(process.port, tmp_path) for _ in range(20)]
            assert [await each.beat() for each in heard] == [[0, 0, 0]] * 20
            await asyncio.to_thread(touch, engine, "another")
            await asyncio.to_thread(touch, engine)
            assert [await each.beat() for each in heard] == [[1, 0, 0]] * 20
            late = await listen(process.port, tmp_path)
            assert await late.beat() == [1, 0, 0], "who comes late hears the present state"
            for each in [*heard, late]:
                each.close()
            await process.until(0)

    asyncio.run(run())


def test_a_stop_does_not_wait_for_listeners(sqlite_engine, url_of, tmp_path):
    async def run() -> None:
        async with serving(url_of(sqlite_engine), tmp_path) as process:
            heard = [await listen(process.port, tmp_path) for _ in range(5)]
            for each in heard:
                await each.beat()
            process.popen.send_signal(signal.SIGTERM)
            for each in heard:
                await each.ended()
            code = await asyncio.to_thread(process.popen.wait, 10)
            assert code in (0, -signal.SIGTERM)
            assert given_pass(tmp_path).split(".")[-1] not in process.log.read_text()

    asyncio.run(run())


def test_only_pages_of_the_workspace_may_listen(sqlite_engine, url_of, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    right = given_pass(tmp_path)
    ago = signer_of(tmp_path)
    ago.get_timestamp = lambda: int(time.time()) - PASS_SECONDS - 5
    old = ago.sign("page").decode()
    wrong = {
        "none": "",
        "no signature": "page",
        "changed": right[:-2] + ("AA" if right[-2:] != "AA" else "BB"),
        "another text": right.replace("page", "qage"),
        "another workspace": given_pass(tmp_path, "another"),
        "another key": given_pass(tmp_path / "elsewhere"),
        "expired": old,
        "too long": right + "x" * 5000,
        "not ASCII": "pàge.x.y",
    }

    async def run() -> None:
        async with serving(url_of(sqlite_engine), tmp_path) as process:
            for name, given in wrong.items():
                answer = await process.ask(given)
                assert answer.status == 403, name
                assert "open pages" in answer.json["error"]["message"]
            by_url = await request(process.port, "GET", f"/live?x-cvi-pass={right}")
            assert by_url.status == 403, "a pass in the address would end up in logs"
            posted = await request(process.port, "POST", "/live", x_cvi_pass=right)
            assert posted.status == 405
            assert await process.listeners() == 0
            assert right not in process.log.read_text()

    asyncio.run(run())


# --- the feed ------------------------------------------------------------------------------------


class Counting(Watch):
    """A watch that counts its looks."""

    looks = 0
    closed = 0

    def look(self) -> Beat:
        self.looks += 1
        return super().look()

    def close(self) -> None:
        self.closed += 1
        super().close()


async def _first(feed: Feed) -> tuple[AsyncIterator[Beat | None], Beat | None]:
    stream = feed.listen()
    return stream, await anext(stream)


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


def test_one_watcher_looks_for_all_and_only_while_somebody_listens(sqlite_engine):
    watch = Counting(sqlite_engine, workspace="default")

    async def run() -> None:
        feed = Feed(watch, every=0.05)
        assert watch.looks == 0
        streams = [await _first(feed) for _ in range(50)]
        assert [beat for _, beat in streams] == [(0, 0, 0)] * 50
        before, began = watch.looks, time.monotonic()
        await asyncio.sleep(0.5)  # it is the rate that is tested
        assert watch.looks - before <= (time.monotonic() - began) / 0.05 + 1
        assert watch.looks > before
        for stream, _ in streams:
            await stream.aclose()
        await _until(lambda: watch.closed)
        before = watch.looks
        await asyncio.sleep(0.2)
        assert watch.looks == before
        again, beat = await _first(feed)
        assert beat == (0, 0, 0)
        await again.aclose()

    asyncio.run(run())


def test_a_nudge_does_not_wait_for_the_next_look(engine):
    watch = Watch(engine, workspace="default")

    async def run() -> None:
        feed = Feed(watch, every=60.0)
        stream, _ = await _first(feed)
        await asyncio.to_thread(touch, engine)
        await asyncio.to_thread(feed.nudge)
        async with asyncio.timeout(10):
            assert await anext(stream) == (1, 0, 0)
        await stream.aclose()

    asyncio.run(run())


def test_silence_is_broken_by_signs_of_life_and_has_an_end(sqlite_engine):
    async def run() -> None:
        feed = Feed(Watch(sqlite_engine, workspace="default"), life=0.02)
        heard = [beat async for beat in feed.listen(longest=0.5)]
        assert heard[0] == (0, 0, 0) or heard[0] is None
        assert heard.count((0, 0, 0)) == 1
        assert heard.count(None) > 2

    asyncio.run(run())


def test_more_than_the_limit_are_asked_to_come_back(sqlite_engine):
    async def run() -> None:
        feed = Feed(Watch(sqlite_engine, workspace="default"), most=1)
        feed.demand_room()
        stream, _ = await _first(feed)
        with pytest.raises(Busy):
            feed.demand_room()
        await stream.aclose()
        feed.demand_room()
        feed.end()
        with pytest.raises(Busy):
            feed.demand_room()

    asyncio.run(run())


def test_a_database_that_comes_back_is_heard_again(sqlite_engine, monkeypatch):
    monkeypatch.setattr("cvi.server.live.AWAY", 0.05)
    failing = [True]

    class Shaky(Watch):
        def look(self) -> Beat:
            if failing[0]:
                raise sa.exc.OperationalError("select", {}, Exception("gone"))
            return super().look()

    async def run() -> None:
        feed = Feed(Shaky(sqlite_engine, workspace="default"), every=0.05, life=0.1)
        stream = feed.listen()
        assert await anext(stream) is None, "connected, and nothing known yet"
        failing[0] = False
        async with asyncio.timeout(10):
            while (beat := await anext(stream)) is None:
                pass
        assert beat == (0, 0, 0)
        await stream.aclose()

    asyncio.run(run())


# --- the key -------------------------------------------------------------------------------------


def test_the_key_is_kept_for_its_owner_alone(tmp_path):
    first = given_pass(tmp_path)
    assert (tmp_path / "live_key").stat().st_mode & 0o777 == 0o600
    assert signer_of(tmp_path).unsign(first) == b"page"


def test_where_nothing_can_be_written_the_process_has_a_key(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file"  # no folder: not even root writes below it
    assert signer_of(folder).unsign(given_pass(folder)) == b"page"
    before = given_pass(folder)
    bootstrap._passing_secret.cache_clear()  # as another process would have it
    assert not signer_of(folder).validate(before)
