"""Every page in every state of the data, and with a filter in the link that nobody can read."""

from __future__ import annotations

import pytest

from cvi.analysis.analyse import METRICS

PAGES = ("overview", "conversations", "conversation", "topics", "sentiment", "quality",
         "turn_taking", "data", "events", "status")  # fmt: skip
FILTERED = PAGES[:2] + PAGES[3:7]
LONGEST = 1_000_000  # bytes of one message to the browser


@pytest.mark.parametrize("store", ["empty", "tiny", "untimed", "normal", "huge"])
@pytest.mark.parametrize("page", PAGES)
def test_it_opens_and_sends_no_heavy_message(open_page, page, store):
    at = open_page(page, store)
    assert not at.exception
    protos = [proto for node in at.main if (proto := getattr(node, "proto", None)) is not None]
    assert max((proto.ByteSize() for proto in protos), default=0) < LONGEST


WRONG = {"m": "quality:forty..", "period": "fortnight", "tz": "Mars/Olympus", "band": "superb"}


@pytest.mark.parametrize("page", FILTERED)
def test_a_page_stands_on_a_link_that_cannot_be_read(open_page, page):
    assert not open_page(page, "normal", **WRONG).exception


def test_what_cannot_be_read_in_a_link_is_named(open_page):
    at = open_page("overview", "normal", **WRONG)
    said = " ".join(warning.value.replace("\u2060", "").replace("\\", "") for warning in at.warning)
    assert "quality:40..70" in said
    assert "fortnight" in said
    assert "Mars/Olympus" in said
    assert "superb" in said
    assert len(at.metric) == 8


@pytest.mark.parametrize("page", FILTERED)
def test_a_filter_that_selects_nothing_offers_the_way_back(open_page, page):
    at = open_page(page, "normal", persona="nobody at all")
    assert not at.exception
    assert at.button(key="clear-nothing")


@pytest.mark.parametrize(
    "name", [name for name, each in METRICS.items() if each.family == "timing"]
)
def test_a_range_of_any_metric_can_be_asked_for(open_page, name):
    at = open_page("overview", "normal", m=f"{name}:..")
    assert not at.exception
