"""The table of conversations: paging, sorting, columns, and what it says when there is nothing."""

from __future__ import annotations

from typing import Any

pytest_plugins = ["tests.pages.copies"]


def test_an_empty_store_says_what_to_do(page: Any) -> None:
    """No table, but a way to data."""
    app = page("conversations", "empty")
    assert not app.exception
    assert not app.dataframe
    assert "No conversations yet" in "".join(each.value for each in app.markdown)


def test_a_row_a_conversation_with_facts_topics_and_metrics(page: Any) -> None:
    """Missing values are missing, not zero."""
    app = page("conversations", "tiny")
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == 4
    assert {"title", "outcome", "quality", "topics", "open"} <= set(table.columns)
    lone = table[table["title"] == "One-Turn"].iloc[0]
    assert lone["quality"] != lone["quality"]  # NaN
    assert lone["open"] == "conversation?id=one-turn"


def test_a_link_holds_any_id(page: Any) -> None:
    """Ids from outside are quoted."""
    table = page("conversations", "tiny").dataframe[0].value
    links = [link for link in table["open"] if "evil" in link]
    assert links == ["conversation?id=evil%20%24x%5E2%24%2F%3F%26%23%22%27%3Cb%3E"]


def test_fifty_a_page_and_the_page_comes_from_the_url(page: Any) -> None:
    """61 conversations: 50 and 11."""
    assert len(page("conversations", "huge").dataframe[0].value) == 50
    app = page("conversations", "huge", page="2")
    assert len(app.dataframe[0].value) == 11
    assert "51 to 61 of 61" in "".join(each.value for each in app.caption)


def test_sorted_by_the_column_in_the_url(page: Any) -> None:
    """The longest first; then the shortest."""
    app = page("conversations", "huge", sort="Turns")
    assert app.dataframe[0].value["turns"].iloc[0] == 2895
    app = page("conversations", "huge", sort="Turns", order="ascending")
    assert app.dataframe[0].value["turns"].iloc[0] == 6


def test_nonsense_in_the_url_falls_back(page: Any) -> None:
    """Unknown sort, order, column and persona do not break the page."""
    app = page(
        "conversations", "tiny", sort="; drop", order="up", columns="nope", page="99", persona="x"
    )
    assert not app.exception


def test_a_page_beyond_the_last_shows_the_last(page: Any) -> None:
    """A filter that shrinks the result does not leave an empty page."""
    app = page("conversations", "huge")
    app.session_state["page"] = 9
    app.run()
    assert not app.exception
    assert len(app.dataframe[0].value) in (11, 50)


def test_more_columns_appear(page: Any) -> None:
    """A metric that was added stands in the table."""
    app = page("conversations", "tiny")
    app.multiselect(key="columns").set_value(["interactivity"]).run()
    assert "interactivity" in app.dataframe[0].value.columns


def test_a_filter_without_a_match_offers_the_way_back(page: Any) -> None:
    """The state of nothing selected, not of nothing there."""
    app = page("conversations", "tiny")
    app.text_input(key="f-text").set_value("no such words").run()
    assert not app.exception
    assert "No conversation matches" in "".join(each.value for each in app.markdown)
