"""Cards with a chart: title, how it is computed, marks that lead to their conversations, a menu."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from cvi.charts.canvas import is_blank
from cvi.charts.chart import Chart, Mark
from cvi.selection.filters import Filters
from cvi.ui import chartfiles, drill, explain, filterbar, workbench
from cvi.ui.literal import literal

_CONFIG = {"displayModeBar": False}
_MOST_MARKS = 80  # rows of the table of marks


@contextmanager
def card(
    title: str,
    about: str = "",
    *,
    names: Sequence[str] = (),
    counts: explain.Counts | None = None,
) -> Iterator[None]:
    """A bordered card: title with the explanation of its metrics, one quiet line, the content."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{title}**", help=explain.notes(names, counts) if counts and names else None)
        if about:
            st.caption(about)
        yield


def chart(
    chart: Chart,
    title: str,
    about: str = "",
    *,
    key: str,
    names: Sequence[str] = (),
    counts: explain.Counts | None = None,
    filters: Filters | None = None,
) -> None:
    """A card with one chart. Selecting a mark opens the list of its conversations.

    `filters` are those the chart was made with, the page's by default.
    """
    chosen = filterbar.current() if filters is None else filters
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card-{key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            help_ = explain.notes(names, counts) if counts and names else None
            st.markdown(f"**{title}**", help=help_)
            st.space("stretch")
            if not is_blank(chart.figure):
                n = _n(names, counts)
                _menu(chart, (title, about), n, key=key, filters=chosen)
        if about:
            st.caption(about)
        marks(chart, key=key, filters=chosen)


def marks(chart: Chart, *, key: str, filters: Filters) -> None:
    """The figure alone; selecting a mark leads on."""
    if not chart.marks:
        st.plotly_chart(chart.figure, key=key, config=_CONFIG, alt=chart.alt)
        return
    event = st.plotly_chart(
        chart.figure, key=key, config=_CONFIG, alt=chart.alt, on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    if mark := _selected(chart, list(event["selection"]["points"])):
        drill.open_mark(mark, filters)


def _selected(chart: Chart, points: list[dict[str, object]]) -> Mark | None:
    carried = points[0].get("customdata") if points else None
    number = carried[0] if isinstance(carried, list) and carried else carried
    if isinstance(number, int | float) and 0 <= number < len(chart.marks):
        return chart.marks[int(number)]
    return None


def _n(names: Sequence[str], counts: explain.Counts | None) -> str:
    """Of how many conversations a chart is; empty where it is of all."""
    if not names or not counts:
        return ""
    n, of = counts[names[0]]
    return f"n = {n:,} of {of:,} conversations" if n != of else f"n = {n:,} conversations"


def _menu(chart: Chart, words: tuple[str, str], n: str, *, key: str, filters: Filters) -> None:
    """What can be done with the chart; made once it is opened."""
    title, about = words
    with st.popover(
        "", icon=":material/more_vert:", type="tertiary", key=f"menu-{key}", on_change="rerun",
        help=f"{title}: take it with you, or see its marks as a table",
    ) as box:  # fmt: skip
        if box.open:
            everything = len(workbench.chosen(filters))
            chartfiles.menu(
                chart.figure, title=title, about=about, filters=filters, n=n or everything,
                key=f"file-{key}",
            )  # fmt: skip
            table(chart, filters)


def table(chart: Chart, filters: Filters) -> None:
    """The marks in words, each linked to its conversations: for keyboards and screen readers."""
    if not chart.marks:
        st.caption(literal(chart.alt, limit=600))
        return
    names = list(dict.fromkeys(name for mark in chart.marks for name, _ in mark.values))
    rows = []
    for mark in [mark for mark in chart.marks if mark.n][:_MOST_MARKS]:
        known = dict(mark.values)
        link = f"[{mark.n:,}]({drill.address(mark, filters)})"
        row = {
            "Mark": literal(mark.label),
            **{name: literal(known.get(name, "")) for name in names},
        }
        rows.append({**row, "Conversations": link})
    st.table(rows, hide_index=True)
    if len(chart.marks) > _MOST_MARKS:
        st.caption(f"The first {_MOST_MARKS} of {len(chart.marks):,} marks.")
