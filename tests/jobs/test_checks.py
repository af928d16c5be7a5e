"""The doctor finds what is wrong and never falls ill itself."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.jobs import checks
from cvi.jobs.checks import Check, run_checks, store_checks
from cvi.settings import Settings
from cvi.store import queue
from tests.store.story import deliver, story


def _bad(found: list[Check]) -> list[str]:
    return [each.what for each in found if each.state == "bad"]


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Settings with a data folder of their own."""
    return Settings(data_dir=tmp_path)


def test_a_new_store_is_well(here: Settings) -> None:
    """No network is asked without a key."""
    found = run_checks(here)
    assert _bad(found) == []
    assert {"Database", "Analysis", "Queue", "Callbacks", "Address"} <= {e.what for e in found}
    assert all(set(each.as_dict()) == {"what", "state", "found", "hint"} for each in found)


def _no_database(folder: Path) -> str:
    (folder / "x.db").write_bytes(b"this is no database, whatever its name says" * 100)
    return f"sqlite:///{folder}/x.db"


def _newer(folder: Path) -> str:
    with sqlite3.connect(folder / "n.db") as made:
        made.execute("create table alembic_version (version_num text)")
        made.execute("insert into alembic_version values ('9999')")
    return f"sqlite:///{folder}/n.db"


def _foreign(folder: Path) -> str:
    with sqlite3.connect(folder / "f.db") as made:
        made.execute("create table conversation_events (strange text)")
    return f"sqlite:///{folder}/f.db"


@pytest.mark.parametrize(
    "url",
    [
        _no_database,
        _newer,
        _foreign,
        lambda folder: f"sqlite:///{folder / 'file'}/deeper/x.db",
        lambda _: "postgresql://nobody:hidden@127.0.0.1:9/none",
        lambda _: "nonsense",
        lambda _: "mysql://x/y",
    ],
)
def test_a_database_that_cannot_be_used_is_a_finding(here: Settings, url: object) -> None:
    """Whatever the reason; without its password."""
    (here.data_dir / "file").write_text("x")
    found = run_checks(replace(here, database_url=url(here.data_dir)))  # type: ignore[operator]
    assert _bad(found) == ["Database"]
    assert "hidden" not in str(found)
    assert next(each.hint for each in found if each.what == "Database")


def test_a_database_that_goes_away_while_it_is_asked(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and reading."""

    def away(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(queue, "state", away)
    assert _bad(run_checks(here)) == ["Database"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [(200, "ok"), (401, "bad"), (500, "bad"), (httpx.ConnectError("x"), "bad"),
     (httpx.ReadTimeout("x"), "bad")],
)  # fmt: skip
def test_what_tavus_answers(
    here: Settings, monkeypatch: pytest.MonkeyPatch, answer: int | Exception, state: str
) -> None:
    """The key is sent, and never shown."""
    seen: list[httpx.Headers] = []

    def get(address: str, **more: object) -> httpx.Response:
        seen.append(httpx.Headers(more["headers"]))  # type: ignore[arg-type]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, request=httpx.Request("GET", address))

    monkeypatch.setattr(httpx, "get", get)
    found = run_checks(replace(here, tavus_api_key="k3y"))
    assert next(each.state for each in found if each.what == "Tavus") == state
    assert seen[0]["x-api-key"] == "k3y"
    assert "k3y" not in str(found)


@pytest.mark.parametrize(
    "change",
    [{"tavus_base_url": "http://["}, {"tavus_base_url": "no address"}, {"tavus_api_key": "ключ"},
     {"tavus_base_url": "ftp://x"}, {"tavus_api_key": "a\nb"}],
)  # fmt: skip
def test_malformed_settings_of_tavus_are_findings(here: Settings, change: dict[str, str]) -> None:
    """Not stack traces."""
    assert _bad(run_checks(replace(here, **{"tavus_api_key": "k", **change}))) == ["Tavus"]  # type: ignore[arg-type]


def test_what_is_unsafe_is_said(here: Settings) -> None:
    """An open address, callbacks without proof, a token that others can read."""
    (here.data_dir / "webhook_token").write_text("t")
    (here.data_dir / "webhook_token").chmod(0o644)
    unsafe = replace(here, host="0.0.0.0", webhook_auth="none")  # noqa: S104
    states = {each.what: each.state for each in run_checks(unsafe)}
    assert states["Address"] == states["Callbacks"] == "warning"
    assert states["Token file"] == "bad"
    (here.data_dir / "webhook_token").chmod(0o600)
    assert "Token file" not in {each.what for each in run_checks(here)}


def test_missing_server_extras_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """They make every response slower."""
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: name != "uvloop")
    assert checks._server_extras().state == "warning"


def test_an_old_queue_is_a_warning(ports: Ports) -> None:
    """Nobody works on it; what was analysed by another version is a note."""
    deliver(ports.engine, story("a"))  # received in March 2026
    states = {each.what: each.state for each in store_checks(ports)}
    assert states == {"Database": "ok", "Analysis": "ok", "Queue": "warning"}


def test_a_database_that_cannot_be_written_is_a_finding(ports: Ports) -> None:
    """It can be read, so everything else looks well."""
    if ports.engine.dialect.name == "sqlite":
        sa.event.listen(
            ports.engine, "connect", lambda made, _: made.execute("PRAGMA query_only=1")
        )
    else:
        name = ports.engine.url.database
        with ports.engine.begin() as connection:
            connection.execute(
                sa.text(f"alter database {name} set default_transaction_read_only = on")
            )
    ports.engine.dispose()
    found = {each.what: each for each in store_checks(ports)}
    assert found["Database"].state == "bad"
    assert "cannot be written" in found["Database"].found
