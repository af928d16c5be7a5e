"""The waits of one conversation."""

from __future__ import annotations

from cvi.charts import canvas, waits
from cvi.charts.palette import ASSISTANT, BAD


def test_slow_answers_are_red_and_the_longest_is_named():
    fig = waits.answers([10.0, 70.0], [0.8, 4.2], slow=3.0)
    assert fig.data[0].marker.color == (ASSISTANT, BAD)
    assert fig.data[0].x == (10_000, 70_000)
    assert fig.layout.shapes[0].y0 == 3.0
    assert canvas.alt_of(fig) == "Waits for 2 answers, the longest 4.2 s, 1 over 3 s"


def test_nothing_timed_says_so():
    assert canvas.is_blank(waits.answers([], [], slow=3.0))
