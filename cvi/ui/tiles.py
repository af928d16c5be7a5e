"""Parts of the summary pages: the row of figures, quotations, lists that link on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.summary import Tile
from cvi.selection.filters import Filters, Range
from cvi.ui import clock, drill, explain, filterbar, tables
from cvi.ui.literal import literal

_COLOURS: dict[str, Literal["normal", "inverse", "off"]] = {
    "higher": "normal",
    "lower": "inverse",
    "neither": "off",
}


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
            tile.value if tile.n or not tile.name else "—",
            0 if tile.flat and tile.change else tile.change,
            delta_color=_colour(tile),
            delta_description=None if tile.change is None else "vs before",
            help=_help(tile),
            chart_data=list(tile.spark) if len(tile.spark) > 1 else None,
            chart_type="area",
        )
        _measured(tile)


def _colour(tile: Tile) -> Literal["normal", "inverse", "off"]:
    """Green and red are for changes that are more than chance."""
    return _COLOURS[tile.direction] if tile.change and tile.clear else "off"


def _help(tile: Tile) -> str:
    if not tile.name:
        return "Conversations the filter selects. The small chart is by week, or by month."
    return explain.note(tile.name, tile.n, tile.of) + _compared(tile)


def _compared(tile: Tile) -> str:
    if tile.before is None:
        return ""
    chance = "" if tile.clear or tile.change is None else " A change this small can be chance."
    return f"\n\nThe equally long period before has {tile.before:,} measured.{chance}"


def _measured(tile: Tile) -> None:
    """How many conversations the figure rests on, as the way to them; and what else to say."""
    known = [tile.note] if tile.note else []
    if tile.before is not None and tile.change is None:
        known.append("too few before")
    count = f"n {tile.n:,}" if tile.n == tile.of else f"n {tile.n:,} of {tile.of:,}"
    if tile.name and not tile.n:
        st.caption(f"{tile.value} · {count}")
        return
    measured = Filters(ranges=(Range(tile.name),) if tile.name else ())
    label = " · ".join([count, *known]) if tile.name else "List them"
    drill.link(label, filterbar.current().both(measured), help=f"List them: {tile.label}")


def listing(
    rows: pd.DataFrame, names: Sequence[str], *, key: str, alt: str, reason: str = ""
) -> None:
    """Conversations as a table that links on: `link`, `conversation`, `persona`, `started`, metrics
    and, if named, a column with the reason they are listed."""
    config = st.column_config
    settings: dict[str, Any] = {
        "link": config.LinkColumn(
            "Open", display_text=":material/open_in_new:", width=46, help="Opens in a new tab"
        ),
        "conversation": config.TextColumn("Conversation", width=230),
        "persona": config.TextColumn("Persona", width=110),
        "started": clock.column("Started", width=132),
        **{name: tables.column(METRICS[name]) for name in names},
        "reason": config.TextColumn(reason or "Reason", width=430),
    }  # fmt: skip
    why = ["reason"] if reason else []
    order = ["link", "conversation", *why, *names, "persona", "started"]
    st.dataframe(
        rows, hide_index=True, column_order=order, column_config=settings, key=key, alt=alt,
        placeholder="—", height="content" if len(rows) <= 9 else 353,
    )  # fmt: skip


def standouts(rows: pd.DataFrame, *, colour: str, empty: str) -> None:
    """A short list: a figure (`badge`), linked title, persona and day, and the reason in words."""
    if rows.empty:
        st.caption(empty)
    for each in rows.to_dict("records"):
        with st.container(gap=None):
            line = {"vertical_alignment": "center", "gap": "small", "wrap": False}
            with st.container(horizontal=True, **line):  # type: ignore[arg-type]
                st.badge(f"{each['badge']:g}", color=colour)  # type: ignore[arg-type]
                drill.link_one(each["conversation"], each["conversation_id"])
            st.caption(f"{_who_when(each)} — {literal(each['reason'])}")


def _who_when(each: dict[Any, Any]) -> str:
    begun = each["started"]
    day = None if pd.isna(begun) else f"{begun.day} {begun:%b %Y}"
    parts = [each["persona"], day]
    return " · ".join(literal(part) for part in parts if isinstance(part, str))


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
            turn = int(each["idx"])
            drill.link_one(f"Turn {turn + 1}", each["conversation_id"], turn=turn)


def _persona(each: dict[Any, Any]) -> str:
    name = each.get("persona")
    return literal(name) if isinstance(name, str) else ""
