"""The list of conversations by mouse and by keys: sorted by its heads, walked in its order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Any]
HEAD, ROW = 35, 32  # pixels; the table is drawn on a canvas


@pytest.fixture(scope="module", autouse=True)
def _demo(server: Server) -> None:
    server.cvi("demo", "--no-serve", "--count", "80")


def click(page: Any, x: int, row: int | None = None) -> None:
    """Click into a row of the table, or its head."""
    page.wait_for_selector(IDLE)
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible()
    down = HEAD // 2 if row is None else HEAD + ROW * row + ROW // 2
    table.click(position={"x": x, "y": down})


def stands(page: Any, place: int) -> None:
    """The conversation shown is at that place of the list."""
    where = re.compile(rf"^{place} of \d+ (conversations|in the filter) · ")
    expect(page.get_by_text(where)).to_be_visible()
    page.wait_for_selector(IDLE)


def test_a_head_sorts_the_whole_list_and_again_turns_it_round(open_page: Open) -> None:
    page = open_page("conversations")
    click(page, 500)
    expect(page.get_by_text("Quality, highest first")).to_be_visible()
    expect(page).to_have_url(re.compile("sort=quality"))
    click(page, 500)
    expect(page.get_by_text("Quality, lowest first")).to_be_visible()
    expect(page).to_have_url(re.compile("sort=quality&order=asc"))


def test_the_arrow_opens_and_keys_walk_the_list(open_page: Open) -> None:
    page = open_page("conversations?outcome=completed&sort=quality&order=asc")
    click(page, 50, row=1)
    stands(page, 2)
    second = page.url
    page.keyboard.press("j")
    stands(page, 3)
    page.keyboard.press("k")
    stands(page, 2)
    expect(page).to_have_url(second)
    elsewhere = open_page(second.partition("//")[2].partition("/")[2])
    stands(elsewhere, 2)
    assert elsewhere.get_by_role("heading", level=3).first.inner_text() == (
        page.get_by_role("heading", level=3).first.inner_text()
    )
    page.get_by_role("link", name=re.compile("Back to the list")).click()
    expect(page.get_by_text("Quality, lowest first")).to_be_visible()


def test_a_row_is_picked_and_opened_by_keys_alone(open_page: Open) -> None:
    page = open_page("conversations")
    click(page, 150, row=2)
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name=re.compile("Export 1 picked"))).to_be_visible()
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/conversation.*id="))
    stands(page, 3)
