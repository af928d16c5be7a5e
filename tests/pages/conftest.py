"""Stores for page tests, each built once: empty, one turn, no times at all, the demo, and huge."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from cvi.bootstrap import Ports, open_ports, settings_here
from cvi.jobs import demo
from cvi.jobs.settle import settle_all
from cvi.store import facts

ROOT = Path(__file__).resolve().parents[2]
END = date(2026, 3, 1)

Open = Callable[..., AppTest]


def _store(folder: Path) -> Ports:
    return open_ports(settings_here({}, data_dir=folder))


def _append(ports: Ports, conversations: dict[str, list[tuple[str, str]]]) -> None:
    bodies = [
        {
            "event_type": "application.transcription_ready",
            "conversation_id": name,
            "properties": {"transcript": [{"role": r, "content": text} for r, text in rows]},
        }
        for name, rows in conversations.items()
    ]
    made = [facts.incoming(json.dumps(b).encode(), source="file", live=False) for b in bodies]
    facts.append(ports.engine, made, workspace=ports.workspace)
    settle_all(ports)


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name → data folder."""
    folders = {
        name: tmp_path_factory.mktemp(name)
        for name in ("empty", "tiny", "untimed", "normal", "huge")
    }
    ports = {name: _store(folder) for name, folder in folders.items()}
    _append(ports["tiny"], {"c1": [("user", "hi")]})
    talk = [("user", "I am really happy with the price of the plan."), ("assistant", "Great!")] * 6
    _append(ports["untimed"], {f"c{number}": talk[: 2 + 2 * number] for number in range(4)})
    demo.load(ports["normal"], end=END, count=60)
    settle_all(ports["normal"])
    _append(
        ports["huge"], {"long": talk * 250, **{f"h{n:04}": talk[: 2 + n % 9] for n in range(900)}}
    )
    for each in ports.values():
        each.engine.dispose()
    return folders


@pytest.fixture
def open_page(stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page of the app on one of the stores; query parameters as keywords."""

    def run(page: str, store: str, **query: str) -> AppTest:
        monkeypatch.setenv("CVI_DATA_DIR", str(stores[store]))
        monkeypatch.setattr(PagesManager, "uses_pages_directory", False)  # as `cvi serve` does
        st.cache_data.clear()
        st.cache_resource.clear()
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in query.items():
            at.query_params[name] = value
        if page != "overview":
            at.switch_page(f"pages/{page}.py")
        return at.run()

    return run


@pytest.fixture
def said() -> Callable[[AppTest], str]:
    """Everything a page says, as one text."""

    def text(at: AppTest) -> str:
        parts = [*at.markdown, *at.caption, *at.title, *at.metric, *at.info]
        values = [str(part.value) for part in parts] + [metric.label for metric in at.metric]
        return "\n".join(values)

    return text
