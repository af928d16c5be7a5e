"""From nothing to a populated dashboard, and a file of unknown keys in and out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Any]

ODD = (
    '{"call": "k1", "wer": "Berater", "wort": "Good morning.", "wann": "2026-03-02T09:00:00Z"}\n'
    '{"call": "k1", "wer": "Kundin", "wort": "My invoice is wrong.", "wann": "half past nine"}\n'
)


def _choose(page: Any, label: str, value: str) -> None:
    """Pick an option of a selectbox; the run that follows has to show it."""
    page.wait_for_selector(IDLE)
    box = page.get_by_role("combobox", name=label).first
    box.focus()
    box.press("ArrowDown")
    page.get_by_role("option", name=value, exact=True).click()
    expect(box).to_have_value(value)
    page.wait_for_selector(IDLE)


def test_a_file_of_unknown_keys_is_mapped_imported_and_undone(
    open_page: Open, tmp_path: Path
) -> None:
    (tmp_path / "odd.jsonl").write_text(ODD)
    page = open_page("data")
    page.locator("input[type=file]").set_input_files(tmp_path / "odd.jsonl")
    expect(page.get_by_text("Choose what holds")).to_be_visible(timeout=20_000)
    _choose(page, "Who speaks", "wer")
    _choose(page, "What is said", "wort")
    expect(page.get_by_text("Choose a side for a speaker first")).to_be_visible(timeout=20_000)
    _choose(page, "Berater", "assistant")
    _choose(page, "Kundin", "user")
    expect(page.get_by_text("2 turns")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name=re.compile("Import 1 conversation")).click()
    expect(page.get_by_text("2 new events")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="k1")).to_have_attribute("href", re.compile("id=k1"))
    page.locator(".st-key-import-undo-0 button").first.click()
    expect(page.get_by_text("2 new events")).to_have_count(0, timeout=20_000)
    page.get_by_role("link", name="Overview").first.click()
    expect(page.get_by_text("No conversations yet")).to_be_visible(timeout=20_000)


def test_one_click_leads_from_nothing_to_a_populated_dashboard(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_text("No conversations yet")).to_be_visible()
    page.get_by_role("button", name="Load demo data").click()
    # Nothing else is touched: the page follows the import and the analysis by itself.
    expect(page.get_by_text("Conversations", exact=True).first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=180_000)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    page.get_by_role("link", name="Events").click()
    page.get_by_role("button", name=re.compile("3 events could not be processed")).click()
    expect(page.get_by_role("button", name=re.compile("Replay all 3"))).to_be_visible(
        timeout=20_000
    )
