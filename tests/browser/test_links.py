"""From a mark to its conversations and back, links in another browser, and the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Any]
expect.set_options(timeout=20_000)
LISTED = re.compile(r"1 to [\d,]+ of ([\d,]+) conversations")


@pytest.fixture(scope="module", autouse=True)
def _demo(server: Server) -> None:
    server.cvi("demo", "--no-serve", "--count", "80")


def idle(page: Any) -> None:
    page.wait_for_selector(IDLE, timeout=60_000)


def listed(page: Any) -> int:
    """How many conversations the list says it lists."""
    line = page.get_by_text(LISTED).first
    expect(line).to_be_visible()
    found = LISTED.search(line.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def chip(page: Any, field: str, value: str) -> Any:
    """The button that takes a filter away."""
    return page.get_by_role("button", name=re.compile(f"^{field}:?\\W*{value}"))


def click_bar(page: Any, number: int) -> int:
    """Click on a bar of the volume chart; return the count its hover label says."""
    bar = page.locator(".st-key-overview-volume .barlayer .point").nth(number)
    expect(bar).to_be_visible()
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = page.locator(".st-key-overview-volume .hoverlayer .hovertext").first
    expect(label).to_contain_text("completed")
    said = re.search(r"completed: (\d+)", label.text_content())
    assert said
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return int(said[1])


def test_a_bar_leads_to_its_conversations_and_back_to_the_page(open_page: Open) -> None:
    page = open_page("?persona=fintech")
    said = click_bar(page, 3)
    expect(page).to_have_url(re.compile("/conversations.*outcome=completed"))
    assert listed(page) == said
    page.go_back()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?persona=fintech$"))


def test_a_link_shows_the_same_in_another_browser(open_page: Open) -> None:
    page = open_page("?persona=fintech&m=quality:50..")
    click_bar(page, 2)
    expect(page).to_have_url(re.compile("/conversations"))
    here = listed(page)
    other = open_page(page.url.split("/", 3)[3])
    assert listed(other) == here
    for field, value in (("Persona", "fintech"), ("Quality", "from"), ("Outcome", "completed")):
        expect(chip(other, field, value)).to_be_visible()


def test_chips_take_their_filter_away_by_keyboard_too(open_page: Open) -> None:
    page = open_page("conversations?persona=fintech&band=high&band=medium")
    before = listed(page)
    chip(page, "Quality", "medium").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("band=high$"))
    idle(page)
    assert listed(page) < before
    page.locator(".st-key-clear-all button").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/conversations$"))
    expect(page.get_by_text(re.compile("of 80 conversations"))).to_be_visible()


def test_a_mark_is_reached_by_keyboard_through_the_table_of_marks(open_page: Open) -> None:
    page = open_page("?persona=fintech")
    menu = page.locator(".st-key-menu-overview-volume button").first
    menu.focus()
    page.keyboard.press("Enter")
    row = page.get_by_role("row").filter(has_text="completed").first
    expect(row).to_be_visible()
    link = row.get_by_role("link")
    said = int(link.inner_text())
    other = open_page(link.get_attribute("href"))
    assert listed(other) == said


def test_what_a_link_says_wrongly_is_named_and_the_rest_holds(open_page: Open) -> None:
    page = open_page("?persona=fintech&m=kwality:1..2&from=yesterday")
    expect(page.get_by_text("names no metric")).to_be_visible()
    expect(page.get_by_text("is no day")).to_be_visible()
    expect(chip(page, "Persona", "fintech")).to_be_visible()


def test_a_range_is_added_and_the_filter_goes_along_to_other_pages(open_page: Open) -> None:
    page = open_page("conversations")
    page.get_by_role("button", name=re.compile("More filters")).click()
    page.get_by_label("From").fill("70")
    page.get_by_label("From").press("Tab")
    wanted = chip(page, "Quality", "from 70")
    for _ in range(5):  # a click during a rerun is lost
        idle(page)
        page.get_by_role("button", name="Add", exact=True).click()
        with suppress(AssertionError):
            expect(wanted).to_be_visible(timeout=5_000)
            break
    expect(wanted).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Sentiment").click()
    expect(page.get_by_role("heading", name="Sentiment")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sentiment\?m=quality"))
