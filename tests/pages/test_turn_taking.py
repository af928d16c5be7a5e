"""The turn-taking page in every state of the data."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("store", ["tiny", "untimed", "normal"])
def test_it_draws_ten_charts_with_alt_texts(open_page, store):
    at = open_page("turn_taking", store)
    assert not at.exception
    charts = at.get("plotly_chart")
    assert len(charts) == 10
    assert all(chart.proto.alt for chart in charts)


def test_without_times_it_says_what_that_needs(open_page):
    at = open_page("turn_taking", "untimed")
    said = " ".join(chart.proto.alt for chart in at.get("plotly_chart"))
    assert "needs the times of turns" in said
    assert "needs start and end times" in said
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Silence share"] == "—"


@pytest.mark.parametrize("by", ["Topic", "Tool used", "Position in the call"])
def test_waits_are_compared_by(open_page, by):
    at = open_page("turn_taking", "normal", waits_by=by)
    assert not at.exception
    assert at.get("plotly_chart")[1].proto.alt.startswith("Response time by group, longest p95")


def test_the_slow_persona_is_named(open_page, said):
    assert "Longest with healthtech" in said(open_page("turn_taking", "normal")).replace(
        "\u2060", ""
    )
