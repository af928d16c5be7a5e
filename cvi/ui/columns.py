"""The columns of the list of conversations: which there are, what stands in a cell, its looks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from cvi.analysis import summary
from cvi.analysis.metric import METRICS, Metric, offered, tenths
from cvi.charts.palette import OUTCOMES, SERIES
from cvi.selection.filters import zone_of
from cvi.selection.listing import Listing
from cvi.ui import filterbar, listed, tables, workbench
from cvi.ui.literal import literal

# In the order of the table: what a reader needs first stands where no scrolling is needed.
USUAL = (
    "title", "started_at", "outcome", "quality", "user_sentiment", "mood", "talk",
    "response_time_p50", "duration_s", "turns", "topics", "persona", "source",
)  # fmt: skip
_LAST = USUAL.index("topics")  # columns that are added stand before these
GO, LINK = "go", "open"
# Clicking the head of a picture sorts by what it shows.
_BEHIND = {"mood": "sentiment_change", "talk": "user_word_share"}
# So wide that the figures to judge by fit a window of 1280 pixels.
_WIDTHS = {
    "quality": 92, "user_sentiment": 78, "response_time_p50": 76, "reply_gap_p50": 76,
    "duration_s": 80, "turns": 62,
}  # fmt: skip
_ENOUGH = 3  # measured tenths that make a line


def families() -> dict[str, list[str]]:
    """Columns to choose from, by family; the title is always there."""
    found = {"Facts": [name for name in (*listed.FACTS, *listed.PICTURES) if name != "title"]}
    for name in offered():
        family = METRICS[name].family.replace("_", " ").capitalize()
        found.setdefault(family, []).append(name)
    return found


def usual() -> tuple[str, ...]:
    """The columns of a list nobody chose any for: waits by what they were measured with."""
    both = ("response_time_p50", "reply_gap_p50")
    wait = summary.measured(workbench.conversations(), both)
    return tuple(wait if name == both[0] else name for name in USUAL)


def shown(listing: Listing) -> tuple[str, ...]:
    """The columns in the order of the table, with the one it is sorted by among them."""
    order = usual()
    wanted = {"title", *(listing.columns or order), listing.sort}
    first = [name for name in order[:_LAST] if name in wanted]
    last = [name for name in order[_LAST:] if name in wanted]
    more = [name for name in listed.COLUMNS if name in wanted and name not in order]
    return (*first, *more, *last)


def sorted_by(listing: Listing, column: str) -> Listing | None:
    """The list after a click on the head of a column; None where it cannot be sorted by it."""
    name = _BEHIND.get(column, column)
    if name not in listed.SORTS:
        return None
    if name == listing.sort:
        return listing.by(name, descending=not listing.descending)
    return listing.by(name, descending=name == "started_at" or name not in listed.FACTS)


# --- cells -----------------------------------------------------------------------------------


def frame(page: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """A page of the list as the table shows it, with the dtypes its columns need."""
    ids = page["conversation_id"].tolist()
    found: dict[str, Any] = {GO: [":material/arrow_forward:"] * len(ids)}
    for name in columns:
        found[name] = _scaled(page[name], METRICS[name]) if name in METRICS else _fact(page, name)
    query = listed.query()
    found[LINK] = [f"conversation?{urlencode({**query, 'id': name}, doseq=True)}" for name in ids]
    return pd.DataFrame(found, index=page.index)


def _fact(page: pd.DataFrame, name: str) -> Any:  # noqa: ANN401 - a column
    ids = tuple(page["conversation_id"])
    if name == "topics":
        topics = listed.topics_of(ids)
        return [topics.get(each, []) for each in ids]
    if name == "talk":
        strips = listed.strips_of(ids)
        return [strips.get(each) for each in ids]
    if name == "mood":
        return lines(page[list(tenths("mood"))].astype("float64").to_numpy())
    if name == "title":
        titles = page["title"].astype("object")
        return [_title(title, each) for title, each in zip(titles, ids, strict=True)]
    if name == "outcome":
        return page["outcome"].map(_outcome)
    return pd.to_datetime(page[name], utc=True) if name == "started_at" else page[name]


def _outcome(value: object) -> list[str]:
    return [value.replace("_", " ")] if isinstance(value, str) else []


def _title(title: object, conversation_id: str) -> str:
    return title if isinstance(title, str) and title.strip() else conversation_id


def lines(values: np.ndarray) -> list[list[float] | None]:
    """Rows of tenths as lines: measured ones joined, ends that are missing left away."""
    return [_line(row) for row in values]


def _line(row: np.ndarray) -> list[float] | None:
    known = np.flatnonzero(~np.isnan(row))
    if len(known) < _ENOUGH:
        return None
    at = np.arange(known[0], known[-1] + 1)
    found: list[float] = np.interp(at, known, row[known]).round(3).tolist()
    return found


def _scaled(values: pd.Series, metric: Metric) -> pd.Series:
    """As the column shows it: shares in percent, scores without a minus before a zero."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    if metric.name == "duration_s":
        return pd.to_timedelta(numbers.round(), unit="s")
    if metric.unit == "score":
        return numbers.round(2) + 0.0
    return numbers * 100.0 if metric.unit == "share" else numbers


# --- looks -----------------------------------------------------------------------------------


def settings(page: pd.DataFrame, columns: Sequence[str], listing: Listing) -> dict[str, Any]:
    """Column settings for what `frame` makes of a page."""
    config = st.column_config
    found: dict[str, Any] = {
        GO: config.ButtonColumn("", width=36, type="tertiary", key=GO, pinned=True)
    }
    for name in columns:
        made = tables.column(METRICS[name]) if name in METRICS else _look(name, page)
        made["width"] = _WIDTHS.get(name, made["width"])
        if name == listing.sort:
            made["label"] = f"{made['label']} {'↓' if listing.descending else '↑'}"
        found[name] = made
    found[LINK] = config.LinkColumn(
        "Link", display_text=":material/open_in_new:", width=50, help="Opens in a new tab"
    )
    return found


def _look(name: str, page: pd.DataFrame) -> Any:  # noqa: ANN401 - Streamlit's own mapping
    if name in _PLAIN:
        kind, more = _PLAIN[name]
        return kind(**more)
    if name == "started_at":
        return _started()
    if name == "topics":
        return _topics(page)
    return st.column_config.TextColumn(listed.FACTS[name], width=100)


_PLAIN: Mapping[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "title": (st.column_config.TextColumn, {"label": "Title", "width": 168, "pinned": True}),
    "outcome": (
        st.column_config.MultiselectColumn,
        {
            "label": "Outcome",
            "options": [each.replace("_", " ") for each in OUTCOMES],
            "color": list(OUTCOMES.values()),
            "width": 104,
        },
    ),
    "mood": (
        st.column_config.LineChartColumn,
        {
            "label": "Mood",
            "y_min": -1,
            "y_max": 1,
            "width": 70,
            "help": "The user's sentiment from the first to the last tenth of the conversation, "
            "between -1 and +1. Missing where fewer than three tenths have scored turns.",
        },
    ),
    "talk": (
        st.column_config.ImageColumn,
        {
            "label": "Who spoke",
            "width": 136,
            "help": "Blue is the user, orange the assistant, a thin line silence. Along the clock "
            "where times are known, else turns in order, as wide as their text.",
        },
    ),
}


def _started() -> Any:  # noqa: ANN401 - Streamlit's own mapping
    zone = filterbar.current().zone
    near = zone_of(zone).key.rpartition("/")[2].replace("_", " ")
    return st.column_config.DatetimeColumn(
        f"Started ({near})", format="YYYY-MM-DD HH:mm", timezone=zone, width=120,
        help=f"In the time zone {literal(zone)}; More filters has others.",
    )  # fmt: skip


def _topics(page: pd.DataFrame) -> Any:  # noqa: ANN401 - Streamlit's own mapping
    topics = listed.topics_of(tuple(page["conversation_id"]))
    found = sorted({topic for mine in topics.values() for topic in mine})
    return st.column_config.MultiselectColumn(
        "Topics", options=found, color=[colour(topic) for topic in found], width=260
    )


def colour(topic: str) -> str:
    """A topic has one colour on every page."""
    return SERIES[zlib.crc32(topic.encode()) % len(SERIES)]


# --- choosing --------------------------------------------------------------------------------


def chooser(listing: Listing) -> None:
    """A button with all columns by family; its content is made once it is open."""
    with st.popover(
        "Columns", icon=":material/view_column:", on_change="rerun", key="columns-menu"
    ) as box:
        if not box.open:
            return
        now = listing.columns or usual()
        st.button(
            "Back to the usual columns", icon=":material/undo:", type="tertiary",
            key="columns-usual", disabled=not listing.columns, on_click=_choose, args=(listing, ()),
        )  # fmt: skip
        with st.container(height=420, border=False, width=560):
            for family, names in families().items():
                key = f"columns-{family}"
                filterbar.steer(key, [name for name in names if name in now])
                st.pills(
                    family, names, selection_mode="multi", format_func=listed.label, key=key,
                    on_change=_chosen, args=(listing,),
                )  # fmt: skip


def _chosen(listing: Listing) -> None:
    names = {name for name in _picked() if name != "title"}
    order = usual()
    wanted = tuple(name for name in (*order, *listed.COLUMNS) if name in names)
    _choose(listing, () if {"title", *wanted} == set(order) else tuple(dict.fromkeys(wanted)))


def _picked() -> Iterator[str]:
    for family in families():
        yield from st.session_state.get(f"columns-{family}") or []


def _choose(listing: Listing, columns: tuple[str, ...]) -> None:
    listed.put(Listing(listing.sort, listing.descending, listing.page, columns))
