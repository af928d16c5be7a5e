"""The table of conversations: paging, sorting, columns, and what it says when there is nothing."""

from __future__ import annotations

from typing import Any

pytest_plugins = ["tests.pages.copies"]


def _said(app: Any) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption))


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
    assert len(table) == 5
    assert {"title", "outcome", "quality", "topics", "open"} <= set(table.columns)
    lone = table[table["title"] == "One-Turn"].iloc[0]
    assert lone["quality"] != lone["quality"]  # NaN
    assert lone["open"] == "conversation?id=one-turn"


def test_a_link_holds_any_id(page: Any) -> None:
    """Ids from outside are quoted."""
    table = page("conversations", "tiny").dataframe[0].value
    links = [link for link in table["open"] if "evil" in link]
    assert links == ["conversation?id=evil+%24x%5E2%24%2F%3F%26%23%22%27%3Cb%3E"]


def test_fifty_a_page_and_the_page_comes_from_the_url(page: Any) -> None:
    """61 conversations: 50 and 11."""
    assert len(page("conversations", "huge").dataframe[0].value) == 50
    app = page("conversations", "huge", page="2")
    assert len(app.dataframe[0].value) == 11
    assert "51 to 61 of 61 conversations" in _said(app)


def test_sorted_by_the_column_in_the_url(page: Any) -> None:
    """The longest first; then the shortest; and the page says so."""
    app = page("conversations", "huge", sort="turns")
    assert app.dataframe[0].value["turns"].iloc[0] == 2895
    assert "Turns, highest first" in _said(app)
    app = page("conversations", "huge", sort="turns", order="asc")
    assert app.dataframe[0].value["turns"].iloc[0] == 6
    assert "Turns, lowest first" in _said(app)


def test_what_is_not_measurable_comes_last_either_way(page: Any) -> None:
    """Nobody is best or worst for want of a figure."""
    for order in ("asc", "desc"):
        values = page("conversations", "tiny", sort="quality", order=order).dataframe[0].value
        missing = values["quality"].isna().tolist()
        assert missing == sorted(missing)
        assert missing[-1]


def test_nonsense_in_the_url_falls_back_and_is_named(page: Any) -> None:
    """Unknown sort, order, column and page: each said, and the rest of the address holds."""
    app = page("conversations", "tiny", sort="; drop", order="up", columns="nope.turns", page="two")
    assert not app.exception
    said = " ".join(each.value for each in app.warning)
    for word in ("drop", "up", "nope", "two"):
        assert word in said, word
    assert list(app.dataframe[0].value.columns) == ["go", "title", "started_at", "turns", "open"]
    assert "newest first" in _said(app)


def test_a_page_beyond_the_last_is_the_last_and_says_so(page: Any) -> None:
    """Eleven rows of sixty-one."""
    app = page("conversations", "huge", page="9999")
    assert len(app.dataframe[0].value) == 11
    assert "this is the last of 2" in app.warning[0].value


def test_another_filter_begins_at_the_first_page(page: Any) -> None:
    """A filter that shrinks the result does not leave an empty page."""
    app = page("conversations", "huge", page="2")
    app.text_input(key="f-text").set_value("pricing").run()
    assert not app.exception
    assert not app.warning
    assert "1 to 50 of 61" in _said(app)


def test_columns_are_chosen_by_the_address(page: Any) -> None:
    """And the one it is sorted by is always among them."""
    app = page("conversations", "tiny", columns="interactivity.topics", sort="user_words")
    shown = list(app.dataframe[0].value.columns)
    assert shown == ["go", "title", "user_words", "interactivity", "topics", "open"]


def test_order_and_columns_are_kept_when_coming_back(page: Any) -> None:
    """Another page in between changes nothing, and the address says it again."""
    app = page("conversations", "huge", sort="turns", order="asc", columns="turns.talk")
    app.switch_page("pages/quality.py").run()
    app.switch_page("pages/conversations.py").run()
    assert "Turns, lowest first" in _said(app)
    assert app.query_params["sort"] == "turns"
    assert app.query_params["order"] == "asc"
    assert app.query_params["columns"] == "turns.talk"


def test_a_problem_is_a_filter_that_goes_on_and_off(page: Any) -> None:
    """Never spoke is on: the rows, the chip of the filter, and off again."""
    app = page("conversations", "tiny")
    every = len(app.dataframe[0].value)
    chip = app.button(key="preset-one-sided")
    count = int(chip.label.rpartition(" ")[2])
    assert 0 < count < every
    chip.click().run()
    assert len(app.dataframe[0].value) == count
    assert "m" in app.query_params
    app.button(key="preset-one-sided").click().run()
    assert len(app.dataframe[0].value) == every


def test_rows_have_a_strip_of_who_spoke(page: Any) -> None:
    """Small images, drawn from times or from the order of turns."""
    table = page("conversations", "huge").dataframe[0].value
    strips = table["talk"].tolist()
    assert all(strip.startswith("data:image/svg+xml") for strip in strips)
    assert max(map(len, strips)) <= 2000


def test_a_filter_without_a_match_offers_the_way_back(page: Any) -> None:
    """The state of nothing selected, not of nothing there."""
    app = page("conversations", "tiny")
    app.text_input(key="f-text").set_value("no such words").run()
    assert not app.exception
    assert "No conversation matches" in "".join(each.value for each in app.markdown)


def test_next_walks_exactly_the_list_across_its_pages(page: Any) -> None:
    """In the list's order with the list's filter, from an address alone; previous walks back."""
    listed: list[str] = []
    for number in ("1", "2"):
        app = page("conversations", "huge", sort="title", order="desc", page=number)
        listed += [link.partition("id=")[2] for link in app.dataframe[0].value["open"]]
    app = page("conversation", "huge", sort="title", order="desc", id=listed[0])
    assert app.button(key="walk-previous").disabled
    walked = [listed[0]]
    while not app.button(key="walk-next").disabled:
        app.button(key="walk-next").click().run()
        assert not app.exception
        walked.append(_one(app, "id"))
        assert _one(app, "sort") == "title"
    assert walked == listed
    assert len(set(walked)) == 61
    app.button(key="walk-previous").click().run()
    assert _one(app, "id") == listed[-2]


def test_a_walk_stays_in_the_filter(page: Any) -> None:
    """And says where in it one is."""
    app = page("conversation", "tiny", sort="turns", order="asc", persona="coach", id="no-times")
    assert "1 of 2 in the filter · Turns, lowest first" in _said(app)
    app.button(key="walk-next").click().run()
    assert _one(app, "id") == "timed"
    assert app.button(key="walk-next").disabled


def test_from_outside_the_filter_the_way_leads_to_its_first(page: Any) -> None:
    app = page("conversation", "tiny", persona="coach", id="one-turn")
    assert "Not among the 2 in the filter" in _said(app)
    app.button(key="walk-next").click().run()
    assert "1 of 2 in the filter" in _said(app)


def _one(app: Any, name: str) -> str:
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else str(value)
