"""The quality page in every state of the data."""

from __future__ import annotations

import pytest


def test_without_any_conversation_it_says_how_to_get_some(open_page, said):
    at = open_page("quality", "empty")
    assert not at.exception
    assert "No conversations yet" in said(at)


@pytest.mark.parametrize("store", ["tiny", "untimed", "normal"])
def test_it_draws_seven_charts_with_alt_texts(open_page, store):
    at = open_page("quality", store)
    assert not at.exception
    assert len(at.get("plotly_chart")) == 7
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


def test_it_says_what_the_score_does_not_measure(open_page, said):
    assert "does not know whether what was said is correct" in said(open_page("quality", "normal"))


def test_without_a_score_it_says_so(open_page, said):
    at = open_page("quality", "tiny")
    assert "none has a score" in said(at)
    assert {metric.value for metric in at.metric} == {"—"}
    assert "not measurable · n 0 of 1" in said(at)


def test_a_band_filters_the_list(open_page):
    at = open_page("quality", "normal", band="medium")
    rows = at.dataframe[-1].value
    assert len(rows)
    assert rows["quality"].between(40, 70, inclusive="left").all()
    assert rows["reason"].notna().all()


@pytest.mark.parametrize("name", ["Response time", "Word share", "Repairs"])
def test_every_comparison_can_be_drawn(open_page, name):
    at = open_page("quality", "normal", against=name)
    assert not at.exception
    assert any(name.lower() in chart.proto.alt for chart in at.get("plotly_chart"))
