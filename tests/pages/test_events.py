"""The queue, its failures, the log, and what is wrong with conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cvi.jobs.settle import settle_all
from cvi.store import facts, failures, queue
from cvi.ui import operations, workbench
from tests.pages.copies import HOSTILE
from tests.store.story import event

TABS = ("failures", "transcripts", "stalled", "anomalies", "types", "log")

pytest_plugins = ["tests.pages.copies"]


def _press(app: Any, label: str) -> Any:
    return next(each for each in app.button if each.label == label).click().run()


def _deliver(*payloads: dict[str, Any]) -> None:
    here = workbench.ports()
    made = [
        facts.incoming(json.dumps(each).encode(), source="webhook", live=True) for each in payloads
    ]
    facts.append(here.engine, made, workspace=here.workspace)
    settle_all(here)


def _ill(page: Any) -> None:
    """A store with a hostile failure, a mute replica, a missing transcript and odd rows."""
    page("events", "empty")
    rows = [
        {"role": "user", "content": HOSTILE, "timestamp": "2026-03-02T09:00:09Z"},
        {"role": HOSTILE, "content": "x", "timestamp": "2026-03-02T09:00:12Z"},
        {"role": "user", "content": "earlier", "timestamp": "2026-03-02T09:00:05Z"},
    ]
    _deliver(
        event("mute", "system.replica_joined", 0, replica_id=HOSTILE),
        event("mute", "application.transcription_ready", 60, transcript=rows),
        event("bare", "system.shutdown", 9, shutdown_reason="participant_left_timeout"),
        event("mute", HOSTILE, 4, a=HOSTILE),
    )


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("state", ["empty", "tiny"])
def test_no_tab_throws(page: Any, state: str, tab: str) -> None:
    """With nothing and with broken callbacks."""
    app = page("events", state, events=tab)
    assert not app.exception
    assert [tile.label for tile in app.metric] == ["Waiting", "Retrying", "Failed", "Lag"]


@pytest.mark.parametrize("tab", TABS)
def test_no_tab_throws_on_what_outsiders_wrote(page: Any, tab: str) -> None:
    """Markup in ids, types, roles and texts stays text; every list names its conversation."""
    _ill(page)
    app = page("events", "empty", events=tab)
    assert not app.exception
    labels = [each.label for each in app.tabs]
    assert labels[1:5] == [
        "Missing transcripts (1)", "Stalled replicas (1)", "Anomalies (1)", "Unknown types (1)",
    ]  # fmt: skip


def test_all_is_well_or_what_is_not(page: Any) -> None:
    """An empty store is well; the board of an ill one names each thing and leads to it."""
    app = page("events", "empty")
    assert any("All is well" in each.value for each in app.success)
    _ill(page)
    app = page("events", "empty")
    assert not any("All is well" in each.value for each in app.success)
    told = "\n".join(each.label for each in app.button)
    assert "1 conversation in which the replica stalled" in told
    assert "1 ended conversation without its transcript" in told
    next(each for each in app.button if each.key == "look-0").click().run()
    assert not app.exception
    assert app.query_params["events"] == "stalled"
    table = app.dataframe[0].value
    assert table["conversation_id"].tolist() == ["mute"]
    assert table["kind"].tolist() == [["never spoke"]]
    assert table["open"].tolist() == ["conversation?id=mute"]


def test_an_odd_conversation_is_explained_row_by_row(page: Any) -> None:
    """Selecting it lists each row and event with the reason."""
    _ill(page)
    app = page("events", "empty", events="anomalies")
    app.session_state["odd-rows"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    lines = app.dataframe[1].value
    assert sorted(kind for (kind,) in lines["kind"]) == [
        "row left out", "time goes back", "unknown event",
    ]  # fmt: skip
    assert lines["where"].tolist()[0] == "row 3"


def test_failures_stand_by_error_and_can_be_replayed_all_at_once(page: Any) -> None:
    """Their number is in the tab; then they wait again."""
    app = page("events", "tiny")
    assert app.tabs[0].label == "Failures (4)"
    assert app.dataframe[0].value["n"].sum() == 4
    _press(app, "Replay all 4")
    assert not app.exception
    here = workbench.ports()
    assert queue.state(here.engine, workspace=here.workspace).pending == 4


def test_a_group_and_one_event_of_it_can_be_replayed(page: Any) -> None:
    """The selected error shows its bytes; its events go round alone."""
    app = page("events", "tiny")
    here = workbench.ports()
    found = failures.groups(here.engine, workspace=here.workspace)
    key = "failures"
    last = len(found) - 1
    app.session_state[key] = {"selection": {"rows": [last], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.code[0].value == found["messages"].iloc[last][0]
    count = int(found["n"].iloc[last])
    _press(app, f"Replay these {count}" if count > 1 else "Replay this one")
    assert queue.state(here.engine, workspace=here.workspace).pending == count
    assert failures.groups(here.engine, workspace=here.workspace)["n"].sum() == 4 - count


def test_the_log_is_filtered_by_type_and_conversation(page: Any) -> None:
    """The filters come from the URL; a conversation that is none has no events."""
    app = page("events", "tiny", events="log", etype="brand.new_thing")
    assert app.dataframe[0].value["event_type"].tolist() == ["brand.new_thing"]
    app = page("events", "tiny", events="log", econv="no such")
    assert app.info


def test_unknown_types_are_marked_and_come_first(page: Any) -> None:
    """Kept, counted, and said to be unknown."""
    table = page("events", "tiny", events="types").dataframe[0].value
    known = dict(zip(table["event_type"], table["known"], strict=True))
    assert list(known["brand.new_thing"]) == ["kept, unknown to this version"]
    assert table["known"].tolist()[0] == ["kept, unknown to this version"]


def test_replay_counts(page: Any) -> None:
    """By type, without a page around it."""
    page("events", "tiny")
    here = workbench.ports()
    chosen = queue.FailureFilter(event_types=["unreadable"])
    assert queue.replay(here.engine, chosen, workspace=here.workspace) == 4
    assert operations.state().pending == 4
