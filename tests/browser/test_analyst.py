"""An analyst's way, in a real browser: from a file to rows taken away; with the keyboard alone; and
in the dark."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server
from tests.browser.contrast import faint

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Any]
SLOW = 30_000  # milliseconds; the machines of the tests are slow
LISTED = re.compile(r"1 to [\d,]+ of ([\d,]+) conversations")
PAGES = ["", "conversations", "conversation?id=story-01", "topics", "sentiment", "quality",
         "turn_taking", "data", "events", "status"]  # fmt: skip
# Streamlit asks for its own health below the page first, then below the root.
EXPECTED = re.compile(r"status of 404|Infinite extent for field")
SAID = (
    ("user", "Hello, I have a question about the price of the plan, it seems expensive to me."),
    ("assistant", "Thank you for asking. The plan costs nine dollars a month, without a contract."),
    ("user", "That is great, thank you so much, I love it! Can my family use the same account?"),
    ("assistant", "Of course, up to five people of your family may share one account."),
)


def story() -> bytes:
    """Twelve conversations of two weeks, one a day."""
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    lines = []
    for number in range(12):
        begun = first + timedelta(days=number)
        rows = [
            {"role": role, "content": said,
             "timestamp": (begun + timedelta(seconds=at)).isoformat()}
            for at, (role, said) in zip(range(0, 240, 20), SAID * 3, strict=True)
        ]  # fmt: skip
        lines.append(json.dumps({"id": f"story-{number:02}", "transcript": rows}))
    return "\n".join(lines).encode()


def listed(page: Any) -> int:
    """How many conversations the list says it lists."""
    line = page.get_by_text(LISTED).first
    expect(line).to_be_visible(timeout=SLOW)
    found = LISTED.search(line.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def test_from_a_file_to_the_rows_behind_a_bar(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "story.jsonl").write_bytes(story())
    page = open_page("data")
    page.locator("input[type=file]").set_input_files(tmp_path / "story.jsonl")
    page.get_by_role("button", name=re.compile("Import 12 conversations")).click(timeout=SLOW)
    expect(page.get_by_text("24 new events")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="Overview").click()
    bars = page.locator(".st-key-overview-volume .barlayer .point")
    expect(bars).to_have_count(2, timeout=SLOW)  # the worker may still be at it: the page follows
    box = bars.first.bounding_box()  # Plotly hears the mouse over its own layer above the bars
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert listed(page) == 7
    page.get_by_role("button", name=re.compile("Export all 7")).click()
    with page.expect_download(timeout=SLOW) as found:
        page.get_by_role("button", name="CSV", exact=True).click(timeout=SLOW)
    found.value.save_as(tmp_path / "rows.zip")
    with zipfile.ZipFile(tmp_path / "rows.zip") as rows:
        table = csv.DictReader(io.TextIOWrapper(rows.open("conversations.csv"), "utf-8"))
        ids = {row["conversation_id"] for row in table}
    assert ids == {f"story-{number:02}" for number in range(7)}
    page.wait_for_selector(IDLE)
    page.get_by_test_id("stDataFrame").click(position={"x": 50, "y": 51})
    expect(page.get_by_text(re.compile(r"^1 of 7 in the filter"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(SAID[0][1]).first).to_be_visible(timeout=SLOW)


def tab_to(page: Any, wanted: str, *, seen: bool = False) -> None:
    """Press Tab until the element is reached; with `seen`, all on the way must show the focus."""
    page.add_style_tag(content="* { transition: none !important }")
    for _ in range(80):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED, seen)
        assert at["visible"], f"the focus cannot be seen at {at['name']}"
        if at["name"].startswith(wanted):
            return
    raise AssertionError(f"Tab never reaches {wanted}")


# Seen is what looks otherwise without the focus: the element, or what surrounds it closely.
FOCUSED = """async seen => {
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  let at = document.activeElement
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  const looks = () => {
    const found = []
    for (let it = at, up = 0; it && up < 7; it = it.parentElement, up += 1) {
      const s = getComputedStyle(it)
      found.push(s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.color, s.opacity)
    }
    return found.join()
  }
  const name = (at.textContent || at.getAttribute('aria-label') || at.tagName).trim()
  // A part that scrolls takes the focus for the keys alone; a table draws its own on its canvas.
  const exempt = at === document.body || at.matches("canvas, [data-testid=stMain]")
  if (!seen || exempt) return { name, visible: true }
  await drawn()
  const focused = looks()
  at.blur()
  await drawn()
  const plain = looks()
  at.focus({ preventScroll: true, focusVisible: true })
  return { name, visible: focused !== plain }
}"""


def test_from_the_overview_to_the_next_conversation_without_a_mouse(
    open_page: Open, server: Server, tmp_path: Path
) -> None:
    loaded(server, tmp_path)
    page = open_page()
    expect(page.locator(".st-key-overview-volume .point").first).to_be_visible(timeout=SLOW)
    tab_to(page, "List them", seen=True)
    page.keyboard.press("Enter")
    assert listed(page) == 12
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible(timeout=SLOW)
    page.wait_for_selector(IDLE)
    tab_to(page, "Title")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name=re.compile("Export 1 picked"))).to_be_visible(
        timeout=SLOW
    )
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/conversation.*id="), timeout=SLOW)
    place = page.get_by_text(re.compile(r"^\d+ of 12 conversations"))
    expect(place).to_be_visible(timeout=SLOW)
    first = int(place.inner_text().split()[0])
    for key, at in (("j", first + 1), ("k", first)):
        page.wait_for_selector(IDLE)
        page.keyboard.press(key)
        expect(page.get_by_text(re.compile(rf"^{at} of 12 conversations"))).to_be_visible(
            timeout=SLOW
        )


def loaded(server: Server, folder: Path) -> None:
    """The twelve conversations are there; importing them again changes nothing."""
    (folder / "story.jsonl").write_bytes(story())
    server.cvi("import", str(folder / "story.jsonl"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_and_the_console_is_quiet(
    open_page: Open, server: Server, tmp_path: Path, scheme: str
) -> None:
    loaded(server, tmp_path)
    page, heard = open_page("status", scheme=scheme), []
    page.on("console", lambda it: heard.append(it.text) if it.type == "error" else None)
    for path in PAGES:
        page.goto(f"{server.base}/{path}")
        page.wait_for_selector(IDLE, timeout=60_000)
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW)
        assert faint(page) == [], f"/{path}"
    assert [each for each in heard if not EXPECTED.search(each)] == []
