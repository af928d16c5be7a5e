"""What came in and what was settled."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas
from cvi.charts.traffic import traffic


def _table(received: list[int], settled: list[int]) -> pd.DataFrame:
    start = pd.date_range("2026-03-01", periods=len(received), freq="h", tz="Europe/Berlin")
    return pd.DataFrame({"start": start, "received": received, "settled": settled})


def test_both_are_drawn_in_the_viewers_hours() -> None:
    """Bars and line over the wall clock of the zone given, and the sums in words."""
    figure = traffic(_table([3, 0, 4], [2, 1, 1200]), every="hour")
    assert list(figure.data[0].y) == [3, 0, 4]
    assert list(figure.data[1].y) == [2, 1, 1200]
    assert figure.data[0].x[0] == "2026-03-01 00:00"
    assert "7 received and 1,203 settled" in canvas.alt_of(figure)


def test_a_silent_time_says_so() -> None:
    """No empty axes."""
    assert canvas.is_blank(traffic(_table([0, 0], [0, 0]), every="day"))
