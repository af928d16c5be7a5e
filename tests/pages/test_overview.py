"""The overview in every state of the data."""

from __future__ import annotations

import pytest


def test_without_any_conversation_it_says_how_to_get_some(open_page, said):
    at = open_page("overview", "empty")
    assert not at.exception
    assert "No conversations yet" in said(at)
    assert [each.label for each in at.button if each.key] == ["Load demo data", "Choose files"]
    assert not at.metric


@pytest.mark.parametrize("store", ["tiny", "untimed", "normal"])
def test_it_draws_four_charts_with_alt_texts_and_eight_tiles(open_page, store):
    at = open_page("overview", store)
    assert not at.exception
    assert len(at.metric) == 8
    charts = at.get("plotly_chart")
    assert len(charts) == 4
    assert all(chart.proto.alt for chart in charts)


def test_what_cannot_be_measured_says_so_and_is_not_zero(open_page, said):
    at = open_page("overview", "untimed")
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Response time"] == "—"
    assert values["Completed"] == "—"
    assert values["Conversations"] == "4"
    assert "User word share" in values  # the proxy is named, not passed off as speech
    assert "not measurable · n 0 of 4" in said(at)


def test_without_dates_the_charts_over_time_say_why(open_page, said):
    at = open_page("overview", "untimed")
    assert "4 conversations have no date" in said(at)


def test_a_filter_that_selects_nothing_offers_the_way_back(open_page, said):
    at = open_page("overview", "normal", q="no such words anywhere")
    assert not at.exception
    assert "No conversation matches the filter" in said(at)
    at.button("clear-nothing").click().run()
    assert len(at.metric) == 8


def test_worst_oddest_and_best_are_linked_and_give_reasons(open_page, said):
    at = open_page("overview", "normal")
    links = [link.proto.query_string for link in at.get("page_link")]
    assert 11 <= sum("id=" in query for query in links) <= 15
    assert sum("m=" in query for query in links) >= 7  # every tile but the count names its metric
    assert "typically" in said(at)
    assert "usually" in said(at)


def test_what_changed_is_said_with_the_way_to_its_evidence(open_page, said):
    at = open_page("overview", "normal")
    assert "comparisons of" in said(at) or "Too few conversations" in said(at)
    at = open_page("overview", "untimed")
    assert "no full week to compare" in said(at)


def test_a_period_is_compared_with_the_one_before(open_page, said):
    at = open_page("overview", "normal", **{"from": "2026-02-01", "to": "2026-02-28"})
    assert not at.exception
    text = said(at).replace("\u2060", "")
    assert "1 Feb – 28 Feb 2026, against 4 Jan – 31 Jan 2026" in text
    assert any(metric.delta for metric in at.metric)
