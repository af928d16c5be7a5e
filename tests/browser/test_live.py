"""A callback shows on every open page within a second, and disturbs nobody who works there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Open = Callable[..., Any]
Send = Callable[..., None]
# What the page promises is a second; a busy machine may take longer and still be right.
PATIENCE_MS = 10_000
SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture(scope="module")
def send(server: Server) -> Send:
    """Deliver the transcript of a conversation."""
    path = server.cvi("address")

    def deliver(name: str, *said: str, at: str = "2026-09-21T14:13:21Z") -> None:
        rows = [{"role": "user", "content": text} for text in said]
        body = {"event_type": "application.transcription_ready", "conversation_id": name,
                "timestamp": at, "properties": {"transcript": rows}}  # fmt: skip
        assert httpx.post(f"{server.base}{path}", json=body).status_code == httpx.codes.OK

    return deliver


@pytest.fixture(scope="module", autouse=True)
def talks(send: Send) -> None:
    """Enough conversations for a page that scrolls."""
    for number in range(30):
        send(f"talk-{number:02d}", *[f"The river is high today, line {n}." for n in range(60)])


@pytest.fixture
def watch(open_page: Open) -> Open:
    """A page of the workbench that listens, with all 30 conversations on it."""

    def open_(path: str) -> Any:
        page = open_page(path)
        expect(page.locator(".live[data-state=live]")).to_have_count(1, timeout=PATIENCE_MS)
        return page

    return open_


def _seconds(act: Callable[[], None], see: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    see()
    return time.perf_counter() - began


def _listed(page: Any) -> int:
    told = page.get_by_text(re.compile(r"of \d+ conversations")).first
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    return int(re.findall(r"\d+", told.inner_text())[-1])


def test_a_callback_shows_on_every_open_page(
    watch: Open, send: Send, record_property: Callable[[str, object], None]
) -> None:
    overview, listed, one = watch(""), watch("conversations"), watch("conversation?id=talk-00")

    more = _listed(listed) + 1

    def see() -> None:
        expect(listed.get_by_text(f"of {more} conversations")).to_be_visible(timeout=PATIENCE_MS)
        expect(overview.get_by_text(str(more), exact=True).first).to_be_visible(timeout=PATIENCE_MS)
        expect(one.get_by_text(f"of {more}").first).to_be_visible(timeout=PATIENCE_MS)

    record_property("seconds_to_three_pages", _seconds(lambda: send("late", "Here I am."), see))


def test_a_turn_shows_in_the_open_conversation(
    watch: Open, send: Send, record_property: Callable[[str, object], None]
) -> None:
    page = watch("conversation?id=talk-01")
    said = "And now it falls again."
    lines = [f"The river is high today, line {n}." for n in range(60)]
    seconds = _seconds(
        lambda: send("talk-01", *lines, said, at="2026-09-21T14:15:00Z"),
        lambda: expect(page.get_by_text(said).first).to_be_attached(timeout=PATIENCE_MS),
    )
    record_property("seconds_to_the_turn", seconds)


def test_nothing_is_lost_of_what_a_reader_does(watch: Open, send: Send) -> None:
    send("chosen", "I am the newest.", at="2026-10-01T14:13:21Z")
    page = watch("conversations")
    count = _listed(page)
    box = page.get_by_test_id("stDataFrame").last.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 35 + 17)  # the first row
    picked = page.get_by_role("button", name="Unpick 1")
    expect(picked).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_selector(IDLE)
    scroller = page.get_by_test_id("stMain")
    typed = page.get_by_role("textbox", name="Text")
    typed.focus()
    page.keyboard.type("not yet ent")
    scroller.evaluate("it => it.scrollTo(0, 400)")
    send("newcomer", "I come on top.", at="2026-10-21T14:13:21Z")
    told = page.get_by_text(f"of {count + 1} conversations")
    expect(told.first).to_be_attached(timeout=PATIENCE_MS)
    page.wait_for_selector(IDLE)
    expect(picked).to_be_attached()
    assert scroller.evaluate("it => it.scrollTop") == 400
    assert typed.input_value() == "not yet ent"
    page.keyboard.type("ered")
    assert typed.input_value() == "not yet entered"
    typed.fill("")  # leaving the field would enter it
    page.locator(".st-key-open-picked button").first.click()
    page.wait_for_url("**/conversation?id=chosen*")


def test_tabs_of_one_browser_share_one_stream(watch: Open, send: Send, server: Server) -> None:
    """A browser allows six streams to a server, and no request beside them."""
    first = watch("conversations")
    count, asked = _listed(first), []
    first.context.on("request", lambda request: asked.append(request.url))
    tabs = [first.context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{server.base}/conversations")
        expect(tab.locator(".live[data-state=live]")).to_have_count(1, timeout=PATIENCE_MS)
    assert not [url for url in asked if url.endswith("/live")]
    send("shared", "For all of them.")
    for tab in (first, *tabs):
        expect(tab.get_by_text(f"of {count + 1} conversations").first).to_be_attached(
            timeout=PATIENCE_MS
        )
    first.close()  # it held the stream; another tab takes it
    expect(tabs[0].locator(".live[data-state=live]")).to_have_count(1, timeout=PATIENCE_MS)
    send("inherited", "For those who are left.")
    for tab in tabs:
        expect(tab.get_by_text(f"of {count + 2} conversations").first).to_be_attached(
            timeout=PATIENCE_MS
        )
    assert len([url for url in asked if url.endswith("/live")]) == 1


def test_an_open_menu_stays_open(watch: Open, send: Send) -> None:
    page = watch("conversations")
    count = _listed(page)
    page.get_by_role("button", name="More filters").click()
    menu = page.locator("[data-testid=stPopoverBody]")
    expect(menu).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_selector(IDLE)
    send("meanwhile", "I come while a menu is open.")
    expect(page.get_by_text(f"of {count + 1} conversations").first).to_be_attached(
        timeout=PATIENCE_MS
    )
    page.wait_for_selector(IDLE)
    expect(menu).to_be_visible()


def test_a_dialog_is_not_closed_by_what_arrives(watch: Open, send: Send, server: Server) -> None:
    """A rerun would close it; the page is redrawn once it is closed."""
    server.cvi("import", str(SAMPLES / "turns.csv"))
    page, other = watch("data"), watch("conversations")
    count = _listed(other)
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 375, box["y"] + 35 + 17)  # Undo
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_selector(IDLE)
    after = page.get_by_text(f"all {count + 1} conversations are up to date")
    send("meanwhile-2", "I come while a dialog is open.")
    expect(other.get_by_text(f"of {count + 1} conversations").first).to_be_attached(
        timeout=PATIENCE_MS
    )
    expect(dialog).to_be_visible()
    expect(after).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    expect(after).to_have_count(1, timeout=PATIENCE_MS)
