"""The menu that saves a chart: what a click downloads, and what it says when it cannot draw."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from cvi.selection.filters import zone_of
from cvi.ui.chartfiles import _maker

_SCRIPT = """
import plotly.graph_objects as go
from cvi.selection.filters import Filters
from cvi.ui import chartfiles

figure = go.Figure({{"data": [{{"type": "{kind}"}}]}})
chartfiles.menu(figure, title="Quality", filters=Filters(), n=5, key="x")
"""


def _page(kind: str) -> AppTest:
    return AppTest.from_string(_SCRIPT.format(kind=kind), default_timeout=60).run()


def test_four_files_are_offered_and_none_is_made_before_a_click():
    at = _page("bar")
    buttons = at.get("download_button")
    assert [each.proto.label for each in buttons] == ["PNG", "SVG", "PDF", "HTML"]
    assert not any(each.proto.disabled for each in buttons)
    assert all(each.proto.deferred_file_id for each in buttons)


def test_a_chart_that_cannot_be_drawn_says_so_and_stays_available_as_html():
    at = _page("pie")
    assert [each.proto.disabled for each in at.get("download_button")] == [True, True, True, False]
    assert "Pie traces cannot be drawn without a browser" in at.caption[-1].value


def test_a_click_makes_the_file_with_the_words_of_the_chart():
    figure = {"data": [{"type": "bar", "x": [1], "y": [1]}], "layout": {}}
    words, told = ("Quality", "By week."), (5, "Persona: Noor")
    made = _maker(figure, "svg", words, told, zone_of("Europe/Berlin"), dark=True)().decode()
    assert "<title>Quality</title>" in made
    assert "By week.\nn = 5 conversations · Persona: Noor\nAs of 2" in made
    assert " CE" in made.partition("As of")[2][:40]  # the viewer's zone
    assert "#0f161d" in made
