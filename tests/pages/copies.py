"""Stores that page tests may write to: a private copy of each state, and a way to open a page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from cvi.bootstrap import Ports, open_ports
from cvi.ingest import Source
from cvi.jobs.importing import import_source
from cvi.jobs.settle import settle_all
from cvi.settings import load_settings
from cvi.store import facts

ROOT = Path(__file__).resolve().parents[2]
HOSTILE_ID = "evil $x^2$/?&#\"'<b>"
HOSTILE = "# <b>Boo</b> $\\frac{1}{2}$ **bold** :smile: ~~x~~ [a](javascript:alert(1)) A -> B"
BROKEN = (b"{not json", b"\xff\xfe\x00", b"[1,2]", b"")

Opener = Callable[..., AppTest]


def _talk(name: str, count: int, *, every: float | None = None, **about: Any) -> dict[str, Any]:
    rows = []
    for at in range(count):
        role = "user" if at % 2 else "assistant"
        said = f"Turn {at} about pricing, and thanks for the great plan of the garden number {at}."
        row: dict[str, Any] = {"role": role, "content": said}
        if every is not None:
            row |= {"seconds_from_start": at * every, "duration": every * 0.8}
        rows.append(row)
    return {"id": name, "title": name.title(), "source": "tests", "transcript": rows, **about}


def _hostile() -> dict[str, Any]:
    rows = [
        {"role": "user", "content": "<script>alert(1)</script> **bold** $\\int x$ `code`\n# head"},
        {"role": "assistant", "content": "W" * 3000 + " 😀 \u202ertl"},
        {"role": "user", "content": "\n"},
    ]
    return {"id": HOSTILE_ID, "title": HOSTILE, "persona": "*coach* <i>", "transcript": rows}


def _fill(ports: Ports, talks: list[dict[str, Any]], bodies: tuple[bytes, ...] = ()) -> None:
    lines = b"\n".join(json.dumps(talk).encode() for talk in talks)
    import_source(ports, Source.from_bytes(lines, "talks.jsonl"), reader="transcripts")
    batch = [facts.incoming(body, source="webhook", live=True) for body in bodies]
    facts.append(ports.engine, batch, workspace=ports.workspace)
    settle_all(ports)


def _tiny(ports: Ports) -> None:
    start = {"started_at": "2026-03-02T10:00:00Z", "persona": "coach"}
    talks = [
        _talk("one-turn", 1),
        _talk("no-times", 8, persona="coach"),
        _talk("timed", 12, every=4.0, **start),
        _hostile(),
    ]
    tool = {
        "event_type": "conversation.tool_call",
        "conversation_id": "timed",
        "properties": {"name": "**save** <lead>", "arguments": '{"a": 1}'},
        "timestamp": "2026-03-02T10:00:09Z",
    }
    unknown = {"event_type": "brand.new_thing", "conversation_id": "timed", "properties": {"a": 1}}
    brief = {  # nobody said anything
        "event_type": "system.shutdown", "conversation_id": "brief",
        "properties": {"shutdown_reason": "participant_absent_timeout"},
        "timestamp": "2026-02-02T10:00:09Z",
    }  # fmt: skip
    seen = {  # reports come when the talk is over
        "event_type": "application.perception_analysis", "conversation_id": "timed",
        "properties": {"analysis": "**Setting:** A <b>desk</b>."},
        "timestamp": "2026-03-02T10:09:00Z",
    }  # fmt: skip
    bodies = [json.dumps(each).encode() for each in (tool, unknown, brief, seen)]
    _fill(ports, talks, (*BROKEN, *bodies))


def _huge(ports: Ports) -> None:
    start = {"started_at": "2026-03-02T10:00:00Z"}
    _fill(ports, [_talk("huge", 2895, every=5.0, **start), *(_talk(f"t{n}", 6) for n in range(60))])


STATES: dict[str, Callable[[Ports], None]] = {
    "empty": lambda ports: None,
    "tiny": _tiny,
    "huge": _huge,
}


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """State → a folder with a settled store, made when it is first asked for."""
    made: dict[str, Path] = {}

    def store(state: str) -> Path:
        if state not in made:
            folder = tmp_path_factory.mktemp(f"store-{state}")
            ports = open_ports(load_settings({}, data_dir=folder))
            STATES[state](ports)
            ports.engine.dispose()
            made[state] = folder
        return made[state]

    return store


def _copied(folder: Path, into: Path) -> Path:
    target = into / folder.name
    if not target.exists():
        shutil.copytree(folder, target)
    return target


class _Navigated(PagesManager):
    """Takes the resets of AppTest, so that the real class keeps what the fixture set."""


@pytest.fixture
def page(
    states: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opener]:
    """page("events", "tiny", events="Types") runs that page on a private copy of the store."""

    # A folder named pages/ makes AppTest run a page without app.py; a server that has drawn the
    # navigation once does not.
    monkeypatch.setattr(app_test, "PagesManager", _Navigated)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)

    def run(name: str, state: str, **query: str) -> AppTest:
        for key in ("CVI_DATABASE_URL", "CVI_WEBHOOK_AUTH", "CVI_WEBHOOK_TOKEN", "CVI_HOST"):
            monkeypatch.delenv(key, raising=False)
        monkeypatch.setenv("CVI_DATA_DIR", str(_copied(states(state), tmp_path)))
        return reopened(name, **query)

    yield run
    st.cache_resource.clear()
    st.cache_data.clear()


def reopened(name: str, **query: str) -> AppTest:
    """The page on whatever store the environment names, in a fresh session."""
    st.cache_resource.clear()
    st.cache_data.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.switch_page(f"pages/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()
