"""The page about one conversation in a real browser: its parts are locked to one another."""

from __future__ import annotations

import json
import re
import wave
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Open = Callable[..., Any]
GIVEN_UP_MS = 5000
# Presses something, waits until the turn can be seen: milliseconds, and messages to the server.
PAGE_JUMP = """async ([press, shown]) => {
  const roots = [...document.querySelectorAll('*')].map((each) => each.shadowRoot)
  const root = roots.find((each) => each?.querySelector('.desk'))
  const send = WebSocket.prototype.send
  let messages = 0
  WebSocket.prototype.send = function (...given) {
    messages += 1
    return send.apply(this, given)
  }
  const begun = performance.now()
  root.querySelector(press).click()
  while (performance.now() - begun < 5000) {
    const row = root.querySelector('.turn.here')
    const box = row?.getBoundingClientRect(), frame = root.querySelector('.turns').getBoundingClientRect()
    if (row?.dataset.n === shown && box.top >= frame.top && box.bottom <= Math.min(frame.bottom, innerHeight)) break
    await new Promise(requestAnimationFrame)
  }
  const taken = performance.now() - begun
  WebSocket.prototype.send = send
  return [taken, messages]
}"""  # noqa: E501


def _rows(count: int, *, every: float | None = 5.0) -> list[dict[str, Any]]:
    found = []
    for at in range(count):
        row: dict[str, Any] = {
            "role": "assistant" if at % 2 else "user",
            "content": f"Turn number {at}, about the garden." + " And so on." * (at % 7),
        }
        if every is not None:
            late = 2.4 if at == 2001 else 0.0  # the slowest answer is far down
            row |= {"seconds_from_start": at * every + late, "duration": every * 0.5}
        found.append(row)
    return found


@pytest.fixture(scope="module", autouse=True)
def talks(server: Server) -> None:
    """A long one, a short one with a recording, and one without times."""
    start = {"started_at": "2026-03-02T10:00:00Z", "source": "tests"}
    talks = [
        {"id": "long", "title": "Long", "transcript": _rows(2895), **start},
        {"id": "heard", "title": "Heard", "transcript": _rows(12), **start},
        {"id": "untimed", "title": "Untimed", "transcript": _rows(9, every=None)},
        {"id": "vast", "title": "Vast", **start,
         "transcript": [{**row, "content": row["content"] + " word" * 800} for row in _rows(400)]},
    ]  # fmt: skip
    path = server.folder / "talks.jsonl"
    path.write_text("\n".join(json.dumps(talk) for talk in talks))
    server.cvi("import", str(path))
    folder = server.folder / "recordings"
    folder.mkdir()
    with wave.open(str(folder / "heard.wav"), "wb") as sound:
        sound.setparams((1, 1, 4000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 4000 * 60)
    body = {"event_type": "application.recording_ready", "conversation_id": "heard",
            "properties": {"storage_uri": "heard.wav"}}  # fmt: skip
    assert httpx.post(f"{server.base}{server.cvi('address')}", json=body).is_success


def _opened(open_page: Open, path: str, **how: Any) -> Any:
    """The page, once its instrument is drawn; the worker may still be at it."""
    page = open_page(path, **how)
    for _ in range(30):
        if page.locator(".turn").count():
            break
        page.reload()
        page.wait_for_selector(IDLE)
    expect(page.locator(".turn").first).to_be_attached()
    return page


def _turn(page: Any, n: int) -> Any:
    return page.locator(f".turn[data-n='{n}']")


def test_a_click_on_the_timeline_shows_the_turn_and_the_url_follows(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard")
    box = page.locator(".plot").bounding_box()
    # Turn 6 lasts from 30 s to 32.5 s of 57.5 s; the user's lane is the upper one.
    left, right = 84, box["width"] - 10
    x = left + (right - left) * (31 / 57.5)
    page.locator(".plot").click(position={"x": x, "y": 18})
    expect(_turn(page, 6)).to_have_class(re.compile("here"))
    expect(_turn(page, 6)).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"id=heard&turn=6$"))
    expect(page.locator(".plot")).to_have_attribute("aria-valuenow", "6")


def test_a_click_on_a_turn_moves_the_cursor(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard")
    page.locator(".turn[data-n='2'] .text").click()
    first = page.locator(".over .cursor").get_attribute("x1")
    page.locator(".turn[data-n='4'] .text").click()
    expect(page.locator(".plot")).to_have_attribute(
        "aria-valuetext", re.compile("^#4 · user · 0:20")
    )
    assert float(page.locator(".over .cursor").get_attribute("x1")) > float(first)


def test_pointing_at_a_turn_shows_where_it_is(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard")
    expect(page.locator(".over .ghost")).to_have_count(0)
    _turn(page, 3).hover()
    expect(page.locator(".over .ghost")).to_have_count(1)
    page.locator(".plot").hover(position={"x": 300, "y": 18})
    expect(page.locator(".tip")).to_contain_text("Turn number")


def test_a_jump_takes_no_round_trip(
    open_page: Open, record_property: Callable[[str, object], None]
) -> None:
    """To an answer among 2,895 turns and back."""
    page = _opened(open_page, "conversation?id=long")
    for press, shown in (("[data-name='slow'] .moment", "2001"), (".back", "0")):
        taken, messages = page.evaluate(PAGE_JUMP, [press, shown])
        assert taken < GIVEN_UP_MS
        record_property("ms_to_the_turn", taken)
        assert messages == 0


def test_a_far_turn_in_the_url_is_shown_in_a_second_browser(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=long&turn=2333")
    expect(_turn(page, 2333)).to_be_in_viewport()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _turn(page, 2335).hover()
    page.get_by_role("button", name="Copy link to turn 2335").click()
    expect(page.locator("[role=status].aside")).to_have_text("Copied: link to turn 2335")
    link = page.evaluate("navigator.clipboard.readText()")
    other = _opened(
        open_page,
        link.partition("/conversation")[1].lstrip("/") + link.partition("/conversation")[2],
    )
    expect(_turn(other, 2335)).to_have_class(re.compile("here"))
    expect(_turn(other, 2335)).to_be_in_viewport()


def test_keys_alone_walk_the_conversation(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard")
    plot = page.locator(".plot")
    plot.focus()
    for key, n in (
        ("ArrowRight", 0),
        ("ArrowRight", 1),
        ("End", 11),
        ("ArrowLeft", 10),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        expect(plot).to_have_attribute("aria-valuenow", str(n))
    page.keyboard.press("Enter")
    expect(_turn(page, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(_turn(page, 1)).to_be_focused()
    expect(page).to_have_url(re.compile("turn=1$"))


def test_next_forgets_the_turn_and_another_tab_keeps_it(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard&turn=5")
    page.get_by_role("tab", name="Metrics").click()
    expect(page.get_by_text("metrics are measurable here")).to_be_visible()
    page.get_by_role("tab", name="Transcript").click()
    expect(_turn(page, 5)).to_have_class(re.compile("here"))
    page.get_by_role("button", name=re.compile("Next")).click()
    expect(page).not_to_have_url(re.compile("id=heard"))
    expect(page).not_to_have_url(re.compile("turn="))


def test_the_recording_and_the_timeline_lead_each_other(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=heard")
    player = page.locator(".st-key-recording audio")
    expect(player).to_be_attached(timeout=20_000)
    page.wait_for_function("document.querySelector('.st-key-recording audio').readyState > 0")
    page.locator(".turn[data-n='4'] .text").click()
    page.wait_for_function("document.querySelector('.st-key-recording audio').currentTime === 20")
    page.evaluate("""() => {
      const sound = document.querySelector('.st-key-recording audio')
      sound.muted = true
      sound.currentTime = 24.8
      return sound.play()
    }""")
    expect(_turn(page, 5)).to_have_class(re.compile("here"))


def test_what_arrives_moves_nothing_under_the_reader(open_page: Open, server: Server) -> None:
    """Place, choice and open groups survive a run of the page with new data."""
    page = _opened(open_page, "conversation?id=long&turn=1200")
    expect(_turn(page, 1200)).to_be_in_viewport()
    page.locator("[data-name='slow'] summary").click()
    page.locator(".turns").evaluate("list => (list.scrollTop += 900)")
    place = (
        "row => row.getBoundingClientRect().top - row.closest('.turns').getBoundingClientRect().top"
    )
    expect(_turn(page, 1212)).to_be_in_viewport()
    before = _turn(page, 1212).evaluate(place)
    body = {"event_type": "conversation.tool_call", "conversation_id": "long",
            "properties": {"name": "look_up", "arguments": "{}"},
            "timestamp": "2026-03-02T10:10:00Z"}  # fmt: skip
    assert httpx.post(f"{server.base}{server.cvi('address')}", json=body).is_success
    for _ in range(40):  # the worker settles within moments
        page.keyboard.press("r")  # runs the page again
        page.wait_for_selector(IDLE)
        if page.get_by_text("tool call: look_up").count():
            break
    expect(page.get_by_text("tool call: look_up").first).to_be_attached()
    expect(_turn(page, 1200)).to_have_class(re.compile("here"))
    assert abs(_turn(page, 1212).evaluate(place) - before) <= 2
    expect(page.locator("[data-name='slow']")).not_to_have_attribute("open", "")
    expect(page).to_have_url(re.compile("turn=1200$"))


def test_words_of_a_vast_conversation_come_in_parts(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=vast")
    expect(_turn(page, 0)).to_contain_text("Turn number 0,")
    expect(_turn(page, 399)).not_to_contain_text("Turn number")
    page.locator(".plot").focus()
    page.keyboard.press("End")
    expect(_turn(page, 399)).to_contain_text("Turn number 399,", timeout=20_000)
    expect(_turn(page, 399)).to_be_in_viewport()


def test_without_times_turns_stand_in_their_order(open_page: Open) -> None:
    page = _opened(open_page, "conversation?id=untimed")
    expect(page.get_by_text("No times are known")).to_be_visible()
    page.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    expect(_turn(page, 0)).to_have_class(re.compile("here"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1920])
def test_it_fits_the_window(open_page: Open, scheme: str, width: int) -> None:
    page = _opened(open_page, "conversation?id=heard&turn=3", scheme=scheme, width=width)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 1
    plot = page.locator(".plot").bounding_box()
    assert plot["x"] >= 0
    assert plot["x"] + plot["width"] <= width
