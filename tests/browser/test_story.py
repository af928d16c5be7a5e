"""The main story, in a real browser: from nothing to a conversation one can trust."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
PAGES = ["", "conversations", "conversation", "topics", "sentiment", "quality", "turn_taking",
         "data", "events", "status"]  # fmt: skip

Open = Callable[..., Any]


def test_the_first_visitor_may_follow_a_deep_link(open_page: Open) -> None:
    page = open_page("events")
    expect(page.get_by_role("heading", name="Events")).to_be_visible()
    expect(page.get_by_role("link", name="Sentiment")).to_be_visible()


def test_an_empty_workbench_says_how_to_get_data(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_text("No conversations yet")).to_be_visible()
    expect(page.get_by_role("button", name="Load demo data")).to_be_visible()
    page.get_by_role("button", name="Choose files").click()
    expect(page.get_by_role("heading", name="Import files")).to_be_visible()


def test_a_file_is_previewed_imported_explored_and_undone(open_page: Open) -> None:
    page = open_page("data")
    page.locator("input[type=file]").set_input_files(SAMPLES / "turns.csv")
    expect(page.get_by_text("5 turns")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name=re.compile("^.*Import 2 conversations")).click()
    expect(page.get_by_text("4 new events")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name=re.compile("See the conversations")).click()
    # The worker may still be at it; then the page says so and fills by itself.
    expect(page.get_by_text("1 to 2 of 2 conversations")).to_be_visible(timeout=20_000)
    page = open_page("conversation?id=sample-4")
    expect(page.get_by_text("One step was unclear, though.").first).to_be_visible(timeout=20_000)


def test_a_callback_arrives_and_shows(open_page: Open, server: Server) -> None:
    path = server.cvi("address")
    for kind, properties in (
        ("system.replica_joined", {"replica_id": "r1"}),
        ("application.transcription_ready", {"transcript": [
            {"role": "user", "content": "Is the river high today?"},
            {"role": "assistant", "content": "It rose a little over night."},
        ]}),
    ):  # fmt: skip
        body = {"event_type": kind, "conversation_id": "call-1", "properties": properties,
                "timestamp": "2026-09-21T14:13:21Z"}  # fmt: skip
        assert httpx.post(f"{server.base}{path}", json=body).status_code == httpx.codes.OK
    page = open_page("conversation?id=call-1")
    for _ in range(20):  # the worker settles within moments; a reload asks again
        if page.get_by_text("Is the river high today?").count():
            break
        page.reload()
        page.wait_for_selector(IDLE)
    expect(page.get_by_text("Is the river high today?").first).to_be_visible()


def test_a_broken_callback_waits_on_the_events_page_with_its_payload(
    open_page: Open, server: Server
) -> None:
    path = server.cvi("address")
    assert httpx.post(f"{server.base}{path}", content=b'{"event_type": "cut').status_code == 200
    page = open_page("events")
    expect(page.get_by_role("button", name=re.compile("Replay all 1"))).to_be_visible(
        timeout=20_000
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1920, 1280, 390])
def test_every_page_opens_without_an_error(open_page: Open, scheme: str, width: int) -> None:
    for path in PAGES:
        page = open_page(path, scheme=scheme, width=width)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 1, f"{path} scrolls sideways by {over} px"
        page.context.close()


def test_the_filter_is_in_the_address_and_survives_a_new_browser(open_page: Open) -> None:
    page = open_page("conversations?q=quick")
    expect(page.get_by_label("Text")).to_have_value("quick")
    page.get_by_role("link", name="Quality").click()
    expect(page.get_by_role("heading", name="Quality")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("quick")


def test_server_settings_that_matter_are_in_force(open_page: Open) -> None:
    page = open_page("status")
    expect(page.get_by_text("uvloop").first).to_be_visible()
