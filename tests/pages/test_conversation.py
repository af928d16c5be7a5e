"""One conversation in every state: without id, unknown, tiny, without times, huge, hostile."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

TABS = (
    "Transcript", "Metrics", "Tools & documents", "Perception & signals", "Raw events",
    "Guide JSON",
)  # fmt: skip
HOSTILE_ID = "evil $x^2$/?&#\"'<b>"

pytest_plugins = ["tests.pages.copies"]


def _instruments(app: Any) -> list[Any]:
    return [each for each in app.get("bidi_component") if each.key != "live"]


def _sent(app: Any) -> dict[str, Any]:
    """What the instrument got: focus, part, body and the rows of that part."""
    return dict(json.loads(_instruments(app)[0].proto.bytes))


def test_without_id_the_newest_are_offered(page: Any) -> None:
    """The picker stands in for a page."""
    app = page("conversation", "tiny")
    assert not app.exception
    assert len(app.dataframe[0].value) == 5


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
    """And says that it is, and that its answers cannot be timed."""
    body = _sent(page("conversation", "tiny", id="no-times"))["body"]
    assert body["basis"] == "order"
    assert "No times are known" in body["about"]
    assert "not measurable" in body["notes"]["waits"]
    assert body["waits"] == body["breaks"] == body["silences"] == []
    names = {group["name"] for group in body["groups"]}
    assert not names & {"slow", "silences", "user_breaks", "assistant_breaks"}


def test_a_timed_conversation_has_lanes_waits_and_marks(page: Any) -> None:
    """Six answers of the assistant follow a turn of the user after 0.8 s each."""
    body = _sent(page("conversation", "tiny", id="timed"))["body"]
    assert body["basis"] == "ends"
    assert len(body["spans"]["user"]) == len(body["spans"]["assistant"]) == 6
    assert [wait for _, _, wait, _ in body["waits"]] == [0.8] * 5
    assert body["marks"] == [
        [9.0, "tool", "tool call: **save** <lead>"],
        [body["last"], "seen", "perception: analysis (after the talk)"],
    ]


def test_a_conversation_in_which_nobody_is_on_record(page: Any) -> None:
    """It says so, and draws no empty instrument."""
    app = page("conversation", "tiny", id="brief")
    assert not app.exception
    assert "Nobody is on record" in app.info[0].value
    assert not _instruments(app)


def test_hostile_text_is_handed_on_as_text(page: Any) -> None:
    """The transcript gets the words untouched; the heading has every sign escaped."""
    app = page("conversation", "tiny", id=HOSTILE_ID)
    assert _sent(app)["rows"][0][1].startswith("<script>alert(1)</script> **bold**")
    title = app.subheader[0].value
    assert "\\*" in title
    assert "**bold**" not in title


def test_the_longest_conversation_is_one_small_message(page: Any) -> None:
    """All 2,895 turns are drawn, and their words fit."""
    app = page("conversation", "huge", id="huge")
    sent = _sent(app)
    assert len(sent["body"]["turns"]["role"]) == 2895
    assert sent["body"]["parts"] == [0]
    assert len(sent["rows"]) == 2895
    assert len(_instruments(app)[0].proto.bytes) < 1_000_000


def test_a_turn_in_the_url_is_in_focus(page: Any) -> None:
    assert _sent(page("conversation", "huge", id="huge", turn="2333"))["focus"] == 2333


@pytest.mark.parametrize("turn", ["99999", "-1", "x", "1e3", "²"])
def test_a_turn_that_is_none(page: Any, turn: str) -> None:
    """Nonsense is told, not thrown."""
    app = page("conversation", "huge", id="huge", turn=turn)
    assert not app.exception
    assert _sent(app)["focus"] is None
    assert any("There is no turn" in each.value for each in app.caption)


def test_metrics_stand_among_the_others(page: Any) -> None:
    """Median, percentile and n of all conversations, and why a figure is missing."""
    app = page("conversation", "huge", id="huge", tab="Metrics")
    rows = pd.concat([each.value for each in app.dataframe]).set_index("Metric")
    assert rows.loc["Turns", "n"] == 61
    assert rows.loc["Turns", "Median"] == "6 turns"
    assert rows.loc["Turns", "Place"] > 99
    timed = rows.loc["Response time, median"]
    assert timed["Median"] == "—"  # the sixty others have no times
    assert timed["n"] == 1
    assert rows["How"].str.startswith("not measurable: ").any()


def test_the_lead_of_a_report_is_bold_and_the_rest_literal(page: Any) -> None:
    app = page("conversation", "tiny", id="timed", tab="Perception & signals")
    shown = [each.value for each in app.markdown]
    assert any(text.startswith("**Setting") and "\\<" in text for text in shown)


def test_the_chart_for_paper_is_made_when_its_menu_opens(page: Any) -> None:
    """And not before: the page itself draws in the browser."""
    app = page("conversation", "tiny", id="timed")
    assert not app.get("plotly_chart")
    app.session_state["chart-menu"] = True
    app.run()
    assert not app.exception
    assert "Overlap" not in app.get("plotly_chart")[0].proto.spec
    assert "Assistant" in app.get("plotly_chart")[0].proto.spec


def test_next_stays_in_the_filter(page: Any) -> None:
    """Previous and next walk the result, newest first."""
    app = page("conversation", "tiny", id="timed")
    assert app.button(key="walk-previous").disabled
    app.button(key="walk-next").click().run()
    assert not app.exception
    assert app.query_params["id"] != ["timed"]
