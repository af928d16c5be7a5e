"""The queue, its failures and the log."""

from __future__ import annotations

from typing import Any

import pytest

from cvi.store import queue
from cvi.ui import operations, workbench

TABS = ("Failures", "Event log", "Types", "Missing transcripts")

pytest_plugins = ["tests.pages.copies"]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("state", ["empty", "tiny"])
def test_no_tab_throws(page: Any, state: str, tab: str) -> None:
    """With nothing and with broken callbacks."""
    app = page("events", state, events=tab)
    assert not app.exception
    assert [tile.label for tile in app.metric] == ["Waiting", "Retrying", "Failed", "Lag"]


def test_failures_can_be_replayed_all_at_once(page: Any) -> None:
    """They wait again, and the table is empty."""
    app = page("events", "tiny")
    assert len(app.dataframe[0].value) == 4
    next(each for each in app.button if each.label == "Replay all 4").click().run()
    assert not app.exception
    here = workbench.ports()
    assert queue.state(here.engine, workspace=here.workspace).pending == 4


def test_one_failure_shows_its_bytes_and_can_be_replayed(page: Any) -> None:
    """A selected row has its payload beneath and goes round alone."""
    app = page("events", "tiny")
    first = app.dataframe[0].value["failure_id"].iloc[0]
    key = f"failures-4-{first}"
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.code
    next(each for each in app.button if each.label == "Replay 1 selected").click().run()
    here = workbench.ports()
    assert queue.state(here.engine, workspace=here.workspace).pending == 1


def test_the_log_is_filtered_by_type_and_conversation(page: Any) -> None:
    """The filters come from the URL; a conversation that is none has no events."""
    app = page("events", "tiny", events="Event log", etype="brand.new_thing")
    assert app.dataframe[0].value["event_type"].tolist() == ["brand.new_thing"]
    app = page("events", "tiny", events="Event log", econv="no such")
    assert app.info


def test_unknown_types_are_marked(page: Any) -> None:
    """Kept, counted, and said to be unknown."""
    table = page("events", "tiny", events="Types").dataframe[0].value
    known = dict(zip(table["event_type"], table["known"], strict=True))
    assert list(known["brand.new_thing"]) == ["kept, unknown to this version"]


def test_replay_counts(page: Any) -> None:
    """By type, without a page around it."""
    page("events", "tiny")
    here = workbench.ports()
    chosen = queue.FailureFilter(event_types=["unreadable"])
    assert queue.replay(here.engine, chosen, workspace=here.workspace) == 4
    assert operations.state().pending == 4
