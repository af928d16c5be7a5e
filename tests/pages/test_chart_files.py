"""Every chart of every page can be saved, in both themes, without a browser."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from cvi.exports.look import THEMES, look
from cvi.exports.printed import print_chart
from tests.pages.conftest import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def _figures(at):
    return [json.loads(each.proto.spec) for each in at.get("plotly_chart")]


@pytest.mark.parametrize("page", PAGES)
def test_charts_of_a_page_are_files_in_light_and_dark(open_page, page):
    query = {}
    if page == "conversation":
        listed = open_page("conversations", "normal").dataframe[0].value
        query = {"id": listed["open"].iloc[0].partition("id=")[2].partition("&")[0]}
    for figure in _figures(open_page(page, "normal", **query)):
        for theme in THEMES:
            svg = print_chart(figure, format="svg", title="Title", note_lines=["n"], theme=theme)
            assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own
        png = print_chart(figure, format="png", title="Title", note_lines=["n"])
        picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
        paper = [int(look("light").background[at : at + 2], 16) for at in (1, 3, 5)]
        inner = picture[120:-120]
        assert (np.abs(inner - paper).max(axis=2) > 12).mean() > 0.002, "nothing is drawn"


def test_pages_that_have_charts_were_seen(open_page):
    """The walk above would pass over nothing if pages drew nothing."""
    for page in ("overview", "sentiment", "quality", "topics"):
        assert _figures(open_page(page, "normal")), page


@pytest.mark.parametrize("page", ["overview", "sentiment", "quality"])
def test_charts_that_say_why_they_are_empty_are_files_too(open_page, page):
    for figure in _figures(open_page(page, "tiny")):
        assert ET.fromstring(print_chart(figure, format="svg", title="Title"))  # noqa: S314
