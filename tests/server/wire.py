"""A caller made of sockets, and a receiver in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

TOKEN = "token-MARKER-t0k3n"
PATH = f"/webhooks/tavus/{TOKEN}"
PROCESS = Path(__file__).with_name("receiver_process.py")


def payload(conversation_id: str, **properties: object) -> bytes:
    event = {
        "properties": {"replica_id": "r5d8c3e1a7b2", **properties},
        "conversation_id": conversation_id,
        "event_type": "system.replica_joined",
        "message_type": "system",
        "timestamp": "2026-09-21T14:33:21.564961Z",
    }
    return json.dumps(event).encode()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def head(method: str, path: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: test", *(f"{k}: {v}" for k, v in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer. Raises IncompleteReadError or ConnectionError when it never comes."""
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = raw.strip().split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(first.split()[1]), headers, body)


async def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        given = [(k.replace("_", "-"), v) for k, v in headers.items()]
        writer.write(head(method, path, [*given, ("content-length", str(len(body)))]) + body)
        return await read_answer(reader)
    finally:
        writer.close()


async def post(port: int, body: bytes, path: str = PATH, **headers: str) -> Answer:
    return await request(port, "POST", path, body, **headers)


@dataclass
class Load:
    """Callers in a closed loop; every acknowledged conversation id is kept."""

    port: int
    name: str
    acked: set[str] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)
    broken: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def caller(self, number: int) -> None:
        n = 0
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            while True:
                n += 1
                identity = f"{self.name}-{number}-{n}"
                body = payload(identity)
                writer.write(head("POST", PATH, [("content-length", str(len(body)))]) + body)
                answer = await read_answer(reader)
                if answer.status == 200:
                    self.acked.add(identity)
                else:
                    self.refused.append(answer.status)
                if len(self.acked) >= 200:
                    self.enough.set()
                if answer.headers.get("connection") == "close":
                    writer.close()
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def until_gone(self, callers: int, process: Receiver, how: signal.Signals) -> None:
        """Call until 200 are acknowledged, then send the signal; return when all are cut off."""
        async with asyncio.TaskGroup() as group:
            for number in range(callers):
                group.create_task(self.caller(number))
            await asyncio.wait_for(self.enough.wait(), 30)
            process.process.send_signal(how)


@dataclass
class Receiver:
    """A receiver process and what it wrote to its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text()

    @property
    def memory(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def receiver(url: str, folder: Path, **options) -> AsyncIterator[Receiver]:
    """Start a receiver process on `url`; it is killed at the end. Options: see receiver_process."""
    started = _start(url, folder, options)
    try:
        await _answers(started)
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def _start(url: str, folder: Path, options: dict[str, object]) -> Receiver:
    port = free_port()
    log = folder / f"receiver-{port}.log"
    given = json.dumps({"url": url, "port": port, "token": TOKEN, "folder": str(folder), **options})
    environ = {**os.environ, "PYTHONPATH": str(PROCESS.parents[2])}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), given], stdout=file, stderr=file, env=environ
        )
    return Receiver(process, port, log)


async def _answers(started: Receiver) -> None:
    """Wait until the process is ready for callbacks."""
    async with asyncio.timeout(30):
        while True:
            assert started.process.poll() is None, started.text
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if (await request(started.port, "GET", "/readyz")).status == 200:
                    return
            await asyncio.sleep(0.02)
