"""Archives by HTTP: with a ticket, whole or in part; without one, nothing."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cvi.bootstrap import Ports
from cvi.errors import Unauthorized
from cvi.jobs import background, tickets
from cvi.jobs.archive import Order
from cvi.jobs.settle import settle_all
from cvi.server import downloads
from cvi.settings import load_settings
from tests.store.story import deliver, story


@pytest.fixture
def ports(sqlite_engine: Any, tmp_path: Path) -> Ports:
    """A store with one finished archive."""
    found = Ports(load_settings({}, data_dir=tmp_path), sqlite_engine, "default")
    deliver(sqlite_engine, story("a"))
    settle_all(found)
    assert background.run(found, background.ask_export(found, Order("all", format="csv")))
    return found


def _ask(ports: Ports, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def page(_request: Any) -> HTMLResponse:
        return HTMLResponse("the pages")

    app = Starlette(routes=[*downloads.routes(ports), Route("/{path:path}", page)])

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(run())


def _address(ports: Ports, job_id: uuid.UUID) -> str:
    return f"/downloads/{tickets.ticket(ports.settings, job_id)}"


def test_a_ticket_fetches_the_archive(ports: Ports) -> None:
    """Byte for byte, under its name; a part of it when asked."""
    [made] = background.archives(ports)
    address = _address(ports, made.job.job_id)
    answer = _ask(ports, address)
    assert answer.status_code == 200
    whole = made.path.read_bytes()
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(whole).digest()
    assert answer.headers["content-disposition"] == 'attachment; filename="all.zip"'
    assert answer.headers["cache-control"] == "no-store"
    part = _ask(ports, address, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert _ask(ports, address, "HEAD").headers["content-length"] == str(len(whole))
    assert _ask(ports, address, "POST").status_code == 405


def test_without_a_good_ticket_there_is_nothing(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forged, of another installation, too old, for no archive: an error, never the pages."""
    [made] = background.archives(ports)
    good = _address(ports, made.job.job_id)
    other = replace(ports.settings, data_dir=ports.settings.data_dir / "other")
    foreign = f"/downloads/{tickets.ticket(other, made.job.job_id)}"
    swapped = "A" if good[-1] != "A" else "B"
    for path in (f"{good[:-1]}{swapped}", foreign, "/downloads/x", f"/downloads/{made.job.job_id}"):
        answer = _ask(ports, path)
        assert answer.status_code == 401, path
        assert "error" in answer.json()
    assert _ask(ports, "/downloads/").status_code == 404
    assert _ask(ports, _address(ports, uuid.uuid4())).status_code == 404
    monkeypatch.setattr(tickets, "VALID_S", -1)
    with pytest.raises(Unauthorized):
        tickets.admitted(ports.settings, good.rpartition("/")[2])
    assert _ask(ports, good).status_code == 401


def test_a_deleted_archive_is_gone(ports: Ports) -> None:
    """Its link says so."""
    [made] = background.archives(ports)
    background.delete(ports, made.job.job_id)
    answer = _ask(ports, _address(ports, made.job.job_id))
    assert answer.status_code == 404
    assert "deleted" in answer.json()["error"]["hint"]
