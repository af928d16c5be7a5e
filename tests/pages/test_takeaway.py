"""Rows to take away: made at the click, by the worker when they are many, never before."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pandas as pd
import pytest

from cvi.jobs import background
from cvi.jobs.exporting import Chosen
from cvi.selection.filters import Filters
from cvi.store import background as jobs
from cvi.ui import takeaway, workbench

pytest_plugins = ["tests.pages.copies"]


def _open(app: Any) -> Any:
    """As a click on the menu's button does."""
    app.session_state["conversations-export"] = True
    return app.run()


def _downloads(app: Any) -> list[str]:
    return [each.label for each in app.get("download_button")]


def test_a_closed_menu_is_one_button(page: Any) -> None:
    """Nothing is made and nothing counted before it opens."""
    app = page("conversations", "tiny")
    assert not app.exception
    assert _downloads(app) == []
    assert not any(each.key == "conversations-table" for each in app.get("button_group"))


def test_an_open_menu_offers_four_formats_of_two_tables(page: Any) -> None:
    """With the number of rows of each."""
    app = _open(page("conversations", "tiny"))
    assert not app.exception
    assert _downloads(app) == list(takeaway.FORMATS.values())


def test_what_a_button_makes_is_what_the_filter_selects(page: Any) -> None:
    """Rows, their order, the manifest; a selection keeps its own order."""
    page("conversations", "tiny")
    here = workbench.ports()
    made = takeaway.maker(here, "conversations", "csv", Chosen(Filters(personas=("coach",))))()
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        rows = pd.read_csv(found.open("conversations.csv"))
        manifest = json.loads(found.read("manifest.json"))
    assert sorted(rows["conversation_id"]) == ["no-times", "timed"]
    assert manifest["filters_in_words"] == ["Persona: coach"]
    ids = ("timed", "one-turn", "no-times")
    made = takeaway.maker(here, "turns", "jsonl", Chosen(ids=ids))()
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        lines = [json.loads(line) for line in found.open("turns.jsonl")]
    assert tuple(dict.fromkeys(line["conversation_id"] for line in lines)) == ids


def test_many_rows_are_asked_of_the_worker(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button says so; the job holds the filter; the page says where the file will be."""
    monkeypatch.setattr(takeaway, "MOST", {"conversations": 1, "turns": 1})
    app = _open(page("conversations", "tiny", persona="coach"))
    assert _downloads(app) == []
    app.button(key="conversations-conversations-csv-later").click().run()
    assert not app.exception
    here = workbench.ports()
    [job] = jobs.listed(here.engine, workspace=here.workspace)
    assert (job.kind, job.arguments["tables"]) == ("export", ["conversations"])
    assert job.arguments["chosen"] == {"persona": ["coach"]}
    assert any("Data page" in each.value for each in app.success)
    assert background.run(here, job.job_id)
    assert background.archives(here)[0].path.name.startswith("conversations-")


def test_nothing_to_export_is_said(page: Any) -> None:
    """Instead of a file without rows."""
    page("conversations", "empty")
    assert takeaway._counted(workbench.version(), Chosen()) == (0, 0)
