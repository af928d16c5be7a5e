"""The topics page in every state of the data."""

from __future__ import annotations

import pytest


def test_without_any_conversation_it_says_how_to_get_some(open_page, said):
    at = open_page("topics", "empty")
    assert not at.exception
    assert "No conversations yet" in said(at)


@pytest.mark.parametrize("store", ["tiny", "untimed"])
@pytest.mark.parametrize("kind", ["Named topics", "Clusters", "Frequent terms"])
def test_little_data_never_breaks_it(open_page, store, kind):
    at = open_page("topics", store, topic_kind=kind)
    assert not at.exception


def test_without_a_topic_it_says_so(open_page, said):
    assert "No topic of the lexicon was found" in said(open_page("topics", "tiny"))


def test_the_ranking_ends_with_those_without_a_topic(open_page):
    at = open_page("topics", "normal")
    assert not at.exception
    ranked = at.dataframe[0].value
    assert ranked["topic"].iloc[-1] == "no topic found"
    named = ranked["n"].iloc[:-1]
    assert (named.diff().dropna() <= 0).all()


def test_a_topic_in_the_address_is_looked_into(open_page, said):
    at = open_page("topics", "normal", about="pricing")
    assert at.selectbox("about").value == "pricing"
    assert "Pricing" in said(at)
    members = at.dataframe[-1].value
    ranked = at.dataframe[0].value.set_index("topic")
    assert len(members) == ranked.loc["pricing", "n"]
    assert members["link"].str.startswith("conversation?id=").all()


def test_an_unknown_topic_falls_back_to_the_first(open_page):
    at = open_page("topics", "normal", about="no such topic")
    assert not at.exception
    assert at.selectbox("about").value == at.dataframe[0].value["topic"].iloc[0]


def test_examples_quote_turns_and_link_to_them(open_page, said):
    at = open_page("topics", "normal", about="pricing")
    assert "“" in said(at)
    assert any(link.proto.query_string for link in at.get("page_link"))
