"""Parts of the summary pages: the row of figures, cards with a chart, lists that link on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.summary import Tile
from cvi.charts.canvas import alt_of
from cvi.ui import explain, tables
from cvi.ui.literal import literal

_COLOURS = {"higher": "normal", "lower": "inverse", "neither": "off"}
_CONFIG = {"displayModeBar": False}


def row(tiles: Sequence[Tile], *, per_block: int = 4) -> None:
    """The figures, in blocks of `per_block` so that rows stay full at every width."""
    blocks = [tiles[at : at + per_block] for at in range(0, len(tiles), per_block)]
    with st.grid(len(blocks), min_column_width=560, gap="small"):
        for number, block in enumerate(blocks):
            with st.grid(per_block, min_column_width=132, gap="small", key=f"tiles-{number}"):
                for each in block:
                    _tile(each)


def _tile(tile: Tile) -> None:
    with st.container(border=True, gap=None, height="stretch"):
        st.metric(
            tile.label,
            tile.value,
            0 if tile.flat and tile.change else tile.change,
            delta_color=_COLOURS[tile.direction] if tile.change else "blue",  # type: ignore[arg-type]
            delta_description=None if tile.change is None else "vs before",
            help=_help(tile),
            chart_data=list(tile.spark) if len(tile.spark) > 1 else None,
            chart_type="area",
        )
        st.caption(_under(tile))


def _help(tile: Tile) -> str:
    if not tile.name:
        return "Conversations the filter selects. The small chart is by week, or by month."
    period = "" if tile.before is None else f"\n\nThe period before has {tile.before:,} measured."
    return explain.note(tile.name, tile.n, tile.of) + period


def _under(tile: Tile) -> str:
    known = [] if not tile.name else [f"n {tile.n:,}" if tile.n == tile.of else f"n {tile.n:,} of {tile.of:,}"]
    if tile.before is not None and tile.change is None:
        known.append("too few before to compare")
    return " · ".join([*known, *([tile.note] if tile.note else [])]) or "in all"


@contextmanager
def card(title: str, about: str = "", *, names: Sequence[str] = (), counts: explain.Counts | None = None
         ) -> Iterator[None]:  # fmt: skip
    """A bordered card: title with the explanation of its metrics, one quiet line, the content."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        told = explain.notes(names, counts) if counts and names else None
        st.markdown(f"**{title}**", help=told)
        if about:
            st.caption(about)
        yield


def chart(figure: go.Figure, key: str, *, select: bool = False) -> list[dict[str, Any]]:
    """Draw a figure with its alt text; with `select`, return the points that are selected."""
    if not select:
        st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt_of(figure))
        return []
    event = st.plotly_chart(
        figure, key=key, config=_CONFIG, alt=alt_of(figure), on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    return list(event["selection"]["points"])


def picked(points: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401 - whatever the chart carries
    """What the selected mark stands for (its customdata), or None."""
    if not points or not points[0].get("customdata"):
        return None
    return points[0]["customdata"]


def listing(rows: pd.DataFrame, names: Sequence[str], *, key: str, alt: str, reason: str = "") -> None:
    """Conversations as a table that links on: `link`, `conversation`, `persona`, `started`, metrics
    and, if named, a column with the reason they are listed."""
    config = st.column_config
    settings: dict[str, Any] = {
        "link": config.LinkColumn(
            "Open", display_text=":material/open_in_new:", width=46, help="Opens in a new tab"
        ),
        "conversation": config.TextColumn("Conversation", width=230),
        "persona": config.TextColumn("Persona", width=110),
        "started": config.DatetimeColumn("Started (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC", width=132),
        **{name: tables.column(METRICS[name]) for name in names},
        "reason": config.TextColumn(reason or "Reason", width=430),
    }  # fmt: skip
    order = ["link", "conversation", *(["reason"] if reason else []), *names, "persona", "started"]
    st.dataframe(
        rows, hide_index=True, column_order=order, column_config=settings, key=key, alt=alt,
        placeholder="—", height="content" if len(rows) <= 9 else 353,
    )  # fmt: skip


def standouts(rows: pd.DataFrame, *, colour: str, empty: str) -> None:
    """A short list: score, linked title, persona and day, and the reason in words."""
    if rows.empty:
        st.caption(empty)
    for each in rows.to_dict("records"):
        with st.container(gap=None):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
                st.badge(f"{each['quality']:.0f}", color=colour)  # type: ignore[arg-type]
                open_link(each["conversation"], each["conversation_id"])
            st.caption(f"{_who_when(each)} — {literal(each['reason'])}")


def _who_when(each: dict[Any, Any]) -> str:
    parts = [each["persona"], None if pd.isna(each["started"]) else f"{each['started'].day} {each['started']:%b %Y}"]
    return " · ".join(literal(part) for part in parts if isinstance(part, str))


def open_link(title: str, conversation_id: str, *, turn: int | None = None) -> None:
    """A link to a conversation in this tab, at a turn if given."""
    query = {"id": conversation_id, **({} if turn is None else {"turn": str(turn)})}
    st.page_link("pages/conversation.py", label=literal(title, limit=60), icon=":material/arrow_forward:",
                 icon_position="right", query_params=query)  # fmt: skip


def quote(each: dict[Any, Any], *, before: str | None = None, score: str | None = None) -> None:
    """A turn as a quotation, with what came before it and the link to it."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        if before:
            st.caption(f"Assistant: {literal(before, limit=160)}")
        st.markdown(f"“{literal(each['text'], limit=260)}”")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if score:
                st.badge(score, color="red" if score.startswith("-") else "gray")
            who = {"user": "User", "assistant": "Assistant"}.get(str(each.get("role", "user")), "")
            often = f"said {each['times']} times" if each.get("times", 1) > 1 else ""
            st.caption(" · ".join(x for x in (who, _persona(each), often) if x))
            open_link(f"Turn {int(each['idx']) + 1}", each["conversation_id"], turn=int(each["idx"]))


def _persona(each: dict[Any, Any]) -> str:
    name = each.get("persona")
    return literal(name) if isinstance(name, str) else ""
