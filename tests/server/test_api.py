"""Routes, health, and mounting beside the pages."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cvi.server.api import build_api, lifespan, routes
from cvi.server.receiver import Receiver
from cvi.settings import Key, load_settings
from cvi.store.engine import open_engine
from cvi.store.migrate import migrate, revisions
from tests.server.wire import PATH, TOKEN, payload


def ask(app, *calls):
    """Send (method, path) pairs through the application, its lifespan running."""

    async def run():
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            return [await client.request(m, p, content=payload("c1")) for m, p in calls]

    return asyncio.run(run())


def mounted(engine, tmp_path):
    """The routes in front of a catch-all that answers every path with a page, as `st.App` does."""
    settings = load_settings({}, data_dir=tmp_path)
    receiver = Receiver(engine, "default", settings, (Key(TOKEN),))

    async def page(_request):
        return HTMLResponse("the pages")

    catch_all = Route("/{path:path}", page, methods=["GET", "POST", "PUT"])
    return Starlette(routes=[*routes(receiver), catch_all], lifespan=lifespan(receiver))


@pytest.fixture(params=["alone", "mounted"])
def app(request, sqlite_engine, tmp_path):
    if request.param == "mounted":
        return mounted(sqlite_engine, tmp_path)
    return build_api(sqlite_engine, "default", load_settings({}, data_dir=tmp_path), (Key(TOKEN),))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", PATH, 200),
        ("POST", "/webhooks/tavus", 401),
        ("POST", "/webhooks/tavus/wrong", 401),
        ("GET", PATH, 405),
        ("PUT", "/webhooks/tavus", 405),
        ("POST", "/webhooks/other", 404),
        ("POST", PATH + "/more", 404),
        ("GET", "/webhooks/", 404),
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/readyz", 200),
    ],
)
def test_every_address_answers_in_json(app, method, path, status):
    (answer,) = ask(app, (method, path))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")
    if status >= 400:
        assert set(answer.json()["error"]) == {"message", "hint"}
        assert TOKEN not in answer.text
    if status == 405:
        assert answer.headers["allow"]


def test_other_addresses_are_404_alone_and_pages_when_mounted(app):
    (answer,) = ask(app, ("GET", "/anything"))
    assert (answer.status_code, answer.text) in [(200, "the pages"), (404, answer.text)]


def test_readyz_knows_the_revision(engine, tmp_path):
    app = build_api(engine, "default", load_settings({}, data_dir=tmp_path), (Key(TOKEN),))
    (answer,) = ask(app, ("GET", "/readyz"))
    assert answer.json() == {"status": "ready", "revision": revisions()[-1], "waiting": 0}


@pytest.mark.parametrize("to", ["0001", None])
def test_readyz_says_why_an_old_database_is_not_ready(tmp_path, to):
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    if to:
        migrate(engine, to=to)
    app = build_api(engine, "default", load_settings({}, data_dir=tmp_path), (Key(TOKEN),))
    ready, alive = ask(app, ("GET", "/readyz"), ("GET", "/healthz"))
    assert ready.status_code == 503
    assert f"revision {to}" in ready.json()["error"]["message"]
    assert alive.json() == {"status": "alive"}


def test_the_lifespan_can_run_again(sqlite_engine, tmp_path):
    app = mounted(sqlite_engine, tmp_path)
    for _ in range(2):
        (answer,) = ask(app, ("POST", PATH))
        assert answer.status_code == 200
