"""Figures of the turn-taking page: every mark leads to what its row counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.analysis import summary_turn_taking as taking
from cvi.analysis import summary_waits as waits
from cvi.analysis.analyse import METRICS
from cvi.charts import floor, turn_taking
from cvi.charts.palette import ASSISTANT, BAD, BETWEEN, USER
from cvi.charts.squares import mixed
from cvi.selection.mask import mask


def frame() -> pd.DataFrame:
    """Four conversations of two personas; the last has no times at all."""
    base = {name: [np.nan] * 4 for name in METRICS}
    base |= {
        "conversation_id": list("abcd"), "persona": ["Ada", "Ada", "Bo", "Bo"], "source": "file",
        "started_at": pd.to_datetime(["2026-03-02", "2026-03-03", "2026-03-10", None], utc=True),
        "response_time_n": [2.0, 1.0, 1.0, 0.0], "response_time_p50": [0.4, 1.2, 3.0, np.nan],
        "response_time_p95": [0.6, 1.2, 3.0, np.nan], "response_time_max": [0.6, 1.2, 3.0, np.nan],
        "user_talk_share": [0.5, 0.2, 0.9, np.nan], "duration_s": [60.0, 60.0, 120.0, 10.0],
        "user_interruptions": [2.0, 0.0, 1.0, np.nan],
        "assistant_interruptions": [0.0, 0.0, 4.0, np.nan],
        "longest_silence_s": [1.0, 4.0, 70.0, np.nan],
        "longest_user_monologue_s": [4.0, 4.0, 130.0, np.nan],
        "floor_1": [0.9, 0.5, 0.1, np.nan],
    }  # fmt: skip
    found = pd.DataFrame(base)
    for limit in waits.RESPONSE_LIMITS:
        counted = [sum(x < limit for x in row) for row in ([0.4, 0.6], [1.2], [3.0], [])]
        found[waits.within("responses", limit)] = [float(n) for n in counted]
    return found.astype({"persona": "str", "source": "str", "conversation_id": "str"})


def agree(chart) -> int:
    """Every mark counts what its filter selects; returns how many marks there are."""
    for mark in chart.marks:
        assert mask(mark.filters, frame()).sum() == mark.n, mark
    for trace in chart.figure.data:
        for place in trace.customdata if trace.customdata is not None else ():
            assert 0 <= place[0] < len(chart.marks)
    return len(chart.marks)


def test_the_curve_pools_answers_and_leads_to_slower_ones():
    wait = waits.measured(frame())
    chart = turn_taking.ecdf(
        waits.ecdf(frame(), wait), waits.ecdf_by_group(frame(), wait), what=wait.label,
        human=waits.HUMAN_BAND_S,
    )  # fmt: skip
    assert agree(chart) == 3 * len(wait.limits)
    line = chart.figure.data[-1]
    assert (line.line.color, line.y[0], line.y[-1]) == (ASSISTANT, 0, 100)
    assert "4 answers" in chart.alt
    assert (chart.figure.layout.xaxis.type, len(chart.figure.layout.shapes)) == (None, 1)


def test_waits_of_hours_stand_along_a_logarithm_without_a_human_band():
    some = frame()
    for limit in waits.REPLY_LIMITS:
        some[waits.within("replies", limit)] = [float(limit > 40)] * 4
    some = some.assign(reply_gap_n=1.0, reply_gap_max=40.0, reply_gap_p50=40.0)
    wait = waits.REPLIES
    chart = turn_taking.ecdf(waits.ecdf(some, wait), waits.ecdf_by_group(some, wait), what="Gap")
    axis = chart.figure.layout.xaxis
    assert (axis.type, axis.ticktext[-1]) == ("log", "1 h")
    assert axis.range[0] < 0 < np.log10(3600) < axis.range[1]
    assert not chart.figure.layout.shapes


def test_counts_that_were_never_made_are_not_zero():
    old = frame().drop(columns=[waits.within("responses", x) for x in waits.RESPONSE_LIMITS])
    wait = waits.measured(old)
    chart = turn_taking.ecdf(
        waits.ecdf(old, wait), waits.ecdf_by_group(old, wait), what="x", human=(0.1, 0.3)
    )
    assert "could be timed" in chart.alt


def test_weeks_and_groups():
    wait = waits.measured(frame())
    assert agree(turn_taking.by_week(waits.by_week(frame(), wait), wait.typical, what="x")) == 6
    chart = turn_taking.longest(waits.by_group(frame(), wait), what="x")
    assert agree(chart) == 2
    assert chart.marks[0].label == "Bo"


def test_talk_floor_interruptions_and_stretches():
    chart = turn_taking.talk(taking.talk(frame()), what="User share of speech")
    assert agree(chart) == 20
    band = chart.figure.layout.shapes[0]
    assert (band.x0, band.x1) == (40, 60)
    assert agree(floor.floor(taking.floor(frame()))) == 30
    squares = floor.floor_map(taking.floor_by_group(frame()))
    assert agree(squares) == 2
    by = {side: taking.interruptions_by_group(frame(), side) for side in taking.SIDES}
    chart = turn_taking.interruptions(by["user"], by["assistant"], by["assistant"].index)
    assert agree(chart) == 4
    chart = turn_taking.stretches(taking.silences(frame()), what="Silence", unit="s", flag=10.0)
    assert agree(chart) == 7
    assert chart.figure.data[0].marker.color[-1] == BAD
    assert chart.figure.data[0].x[-1] == "60s+"


def test_the_colour_of_a_square_says_who_speaks_more():
    colours = (ASSISTANT, BETWEEN, USER)
    assert tuple(mixed(share, *colours) for share in (0.0, 0.5, 1.0)) == colours
