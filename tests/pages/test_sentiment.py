"""The sentiment page in every state of the data."""

from __future__ import annotations

import pytest


def test_without_any_conversation_it_says_how_to_get_some(open_page, said):
    at = open_page("sentiment", "empty")
    assert not at.exception
    assert "No conversations yet" in said(at)


@pytest.mark.parametrize("store", ["tiny", "untimed", "normal"])
def test_it_draws_five_charts_with_alt_texts(open_page, store):
    at = open_page("sentiment", store)
    assert not at.exception
    assert len(at.get("plotly_chart")) == 5
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


def test_too_few_turns_for_a_change_are_not_called_no_change(open_page):
    values = {metric.label: metric.value for metric in open_page("sentiment", "tiny").metric}
    assert values["Start to end"] == "—"


def test_without_a_negative_turn_none_is_shown(open_page, said):
    assert "No scored turn of a user is negative" in said(open_page("sentiment", "untimed"))


def test_the_most_negative_turns_differ_and_are_linked(open_page):
    at = open_page("sentiment", "normal")
    quotes = [mark.value for mark in at.markdown if mark.value.startswith("“")]
    assert len(quotes) == len(set(quotes)) == 6
    assert sum("turn=" in link.proto.query_string for link in at.get("page_link")) == 6
    at.toggle("sentiment_all").set_value(True).run()
    assert sum("turn=" in link.proto.query_string for link in at.get("page_link")) == 12


def test_falls_and_rises_are_listed_with_the_largest_first(open_page):
    tables = open_page("sentiment", "normal").dataframe
    *_, drops, rises = (each.value["sentiment_change"] for each in tables)
    assert (drops < 0).all()
    assert drops.is_monotonic_increasing
    assert (rises > 0).all()
    assert rises.is_monotonic_decreasing
