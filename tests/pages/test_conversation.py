"""One conversation in every state: without id, unknown, tiny, without times, huge, hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest

TABS = ("Transcript", "Metrics", "Tools & signals", "Raw events", "Guide JSON")
HOSTILE_ID = "evil $x^2$/?&#\"'<b>"

pytest_plugins = ["tests.pages.copies"]


def _turns(app: Any) -> dict[str, Any]:
    found = app.get("bidi_component")[0].proto
    return dict(json.loads(found.json))


def test_without_id_the_newest_are_offered(page: Any) -> None:
    """The picker stands in for a page."""
    app = page("conversation", "tiny")
    assert not app.exception
    assert len(app.dataframe[0].value) == 4


def test_an_empty_store_and_an_unknown_id(page: Any) -> None:
    """Neither throws; the id is quoted back as it is."""
    assert not page("conversation", "empty").exception
    app = page("conversation", "tiny", id="**no** <b>")
    assert not app.exception
    assert "There is no conversation" in app.warning[0].value
    assert "**no**" not in app.warning[0].value


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", ["one-turn", "no-times", "timed", HOSTILE_ID])
def test_no_tab_throws(page: Any, name: str, tab: str) -> None:
    """Every part of every kind of conversation."""
    assert not page("conversation", "tiny", id=name, tab=tab).exception


def test_a_missing_figure_says_so(page: Any) -> None:
    """A dash and `not measurable`, never a zero."""
    app = page("conversation", "tiny", id="no-times")
    tiles = {tile.label: tile for tile in app.metric}
    assert tiles["Response"].value == "—"
    assert tiles["Response"].delta == "not measurable"
    assert tiles["Turns"].value == "8"


def test_a_conversation_without_times_is_drawn_in_order(page: Any) -> None:
    """And says that it is."""
    app = page("conversation", "tiny", id="no-times")
    assert any("No times are known" in each.value for each in app.caption)


def test_hostile_text_is_handed_on_as_text(page: Any) -> None:
    """The transcript gets the words untouched; the heading has every sign escaped."""
    app = page("conversation", "tiny", id=HOSTILE_ID)
    assert _turns(app)["turns"][0]["text"].startswith("<script>alert(1)</script> **bold**")
    title = app.subheader[0].value
    assert "\\*" in title
    assert "**bold**" not in title


def test_two_hundred_turns_a_page(page: Any) -> None:
    """2,895 turns make fifteen pages; the last has 95."""
    assert len(_turns(page("conversation", "huge", id="huge"))["turns"]) == 200
    last = _turns(page("conversation", "huge", id="huge", part="15"))
    assert len(last["turns"]) == 95


def test_a_turn_in_the_url_opens_its_page(page: Any) -> None:
    """Turn 2,333 is on page 12 and in focus."""
    shown = _turns(page("conversation", "huge", id="huge", turn="2333"))
    assert shown["focus"] == 2333
    assert 2333 in [turn["n"] for turn in shown["turns"]]


@pytest.mark.parametrize("turn", ["99999", "-1", "x", "1e3", "²"])
def test_a_turn_that_is_none(page: Any, turn: str) -> None:
    """Nonsense is told, not thrown."""
    app = page("conversation", "huge", id="huge", turn=turn)
    assert not app.exception
    assert _turns(app)["focus"] is None


def test_next_stays_in_the_filter(page: Any) -> None:
    """Previous and next walk the result, newest first."""
    app = page("conversation", "tiny", id="timed")
    assert app.button[0].disabled
    app.button[1].click().run()
    assert not app.exception
    assert app.query_params["id"] != ["timed"]


def test_payloads_stay_small(page: Any) -> None:
    """No message of the longest conversation comes near a megabyte."""
    app = page("conversation", "huge", id="huge")
    assert len(app.get("bidi_component")[0].proto.json) < 800_000
    assert len(app.get("plotly_chart")[0].proto.spec) < 800_000
