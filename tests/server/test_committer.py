"""The group committer alone, with a disk made of functions."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
import sqlalchemy as sa

from cvi.errors import Busy, StoreError
from cvi.server.committer import GroupCommitter
from cvi.store.facts import incoming


def item(number: int):
    return incoming(b'{"conversation_id": "c%d"}' % number, source="webhook", live=True)


class Disk:
    """Writes into a list; stops while `gate` is closed; fails on demand."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[str]] = []
        self.error: Exception | None = None
        self.poison = ""

    def __call__(self, items):
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        names = [each.conversation_id for each in items]
        if self.poison in names:
            raise ValueError("poison")
        self.batches.append(names)

    @property
    def rows(self):
        return [name for batch in self.batches for name in batch]


@contextlib.asynccontextmanager
async def running(disk, most=1000):
    committer = GroupCommitter(disk, most=most)
    await committer.start()
    try:
        yield committer
    finally:
        disk.gate.set()
        await committer.stop()


async def settled(committer, count):
    """Let the loop turn until `count` deliveries wait."""
    async with asyncio.timeout(10):
        while committer.waiting != count:  # noqa: ASYNC110
            await asyncio.sleep(0)


def test_what_queued_while_a_commit_ran_goes_in_one_group():
    async def run():
        disk = Disk()
        async with running(disk) as committer:
            disk.gate.clear()
            async with asyncio.TaskGroup() as group:
                group.create_task(committer.commit(item(0)))
                await settled(committer, 1)
                while not disk.gate.is_set() and committer.waiting < 40:
                    group.create_task(committer.commit(item(committer.waiting)))
                    await asyncio.sleep(0)
                disk.gate.set()
            assert [len(batch) for batch in disk.batches] == [1, 39]
            assert committer.waiting == 0

    asyncio.run(run())


def test_a_group_has_an_upper_size():
    async def run():
        disk = Disk()
        async with running(disk, most=2000) as committer:
            await asyncio.gather(*(committer.commit(item(n)) for n in range(1200)))
        assert max(map(len, disk.batches)) == 500
        assert len(set(disk.rows)) == 1200

    asyncio.run(run())


def test_a_refused_row_fails_alone():
    async def run():
        disk = Disk()
        disk.poison = "c7"
        async with running(disk) as committer:
            done = await asyncio.gather(
                *(committer.commit(item(n)) for n in range(20)), return_exceptions=True
            )
        assert [n for n, outcome in enumerate(done) if outcome is not None] == [7]
        assert isinstance(done[7], StoreError)
        assert len(disk.rows) == 19

    asyncio.run(run())


def test_a_database_that_is_down_fails_the_group_once_and_recovers():
    async def run():
        disk = Disk()
        disk.error = sa.exc.OperationalError("insert", {}, Exception("connection refused"))
        async with running(disk) as committer:
            outcomes = await asyncio.gather(
                *(committer.commit(item(n)) for n in range(20)), return_exceptions=True
            )
            assert all(isinstance(each, StoreError) for each in outcomes)
            assert len({id(each) for each in outcomes}) == 20
            disk.error = None
            await committer.commit(item(99))
        assert disk.rows == ["c99"]

    asyncio.run(run())


def test_too_many_waiting_are_told_to_come_back():
    async def run():
        disk = Disk()
        async with running(disk, most=3) as committer:
            disk.gate.clear()
            waiting = [asyncio.create_task(committer.commit(item(n))) for n in range(3)]
            await settled(committer, 3)
            with pytest.raises(Busy) as caught:
                await committer.commit(item(4))
            assert caught.value.retry_after >= 1
            disk.gate.set()
            await asyncio.gather(*waiting)
            await committer.commit(item(5))
        assert set(disk.rows) == {"c0", "c1", "c2", "c5"}

    asyncio.run(run())


def test_stop_writes_all_that_waits_and_takes_nothing_more():
    async def run():
        disk = Disk()
        async with running(disk) as committer:
            disk.gate.clear()
            waiting = [asyncio.create_task(committer.commit(item(n))) for n in range(700)]
            await settled(committer, 700)
            stopping = asyncio.create_task(committer.stop())
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await committer.commit(item(999))
            assert not stopping.done()
            disk.gate.set()
            await asyncio.gather(stopping, *waiting)
        assert len(disk.rows) == 700

    asyncio.run(run())


def test_a_caller_who_left_disturbs_nobody():
    async def run():
        disk = Disk()
        async with running(disk) as committer:
            disk.gate.clear()
            first, second = (asyncio.create_task(committer.commit(item(n))) for n in range(2))
            await settled(committer, 2)
            first.cancel()
            disk.gate.set()
            await second
        assert disk.rows == ["c0", "c1"]  # what was sent is kept

    asyncio.run(run())
