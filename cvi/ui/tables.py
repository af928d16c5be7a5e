"""How metrics and conversations look in a table: words for a figure, a column for a metric."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import Metric, offered
from cvi.ui import opened
from cvi.ui.literal import literal

_WHOLE = frozenset({"turns", "times", "calls", "rows", "objectives", "words per min"})
NOT_MEASURABLE = "not measurable"

_SHORT = {
    "user_sentiment": "Sentiment",
    "response_time_p50": "Response",
    "response_time_p95": "Response p95",
    "reply_gap_p50": "Reply gap",
    "reply_gap_p95": "Reply gap p95",
    "user_word_share": "User words",
    "user_interruptions": "Interruptions",
}


def short(name: str) -> str:
    """A metric's label where there is little room; its help says the whole of it."""
    return _SHORT.get(name, METRICS[name].label)


def shown(metric: Metric, value: float | None) -> str:
    """A figure with its unit, as it is written everywhere; `not measurable` when missing."""
    if value is None or pd.isna(value):
        return NOT_MEASURABLE
    if metric.unit == "yes = 1":
        return "yes" if value >= 0.5 else "no"
    if metric.unit == "share":
        return f"{value * 100:.0f} %" if value >= 0.1 or value == 0 else f"{value * 100:.1f} %"
    if metric.unit == "s":
        return duration(value)
    return _scored(metric, value) if metric.unit in ("points", "score") else _counted(metric, value)


def _scored(metric: Metric, value: float) -> str:
    if metric.unit == "points":
        return f"{value:.0f} of 100"
    near = round(value, 2) + 0.0  # no minus before a zero
    return f"{near:+.2f}" if metric.range[0] < 0 else f"{near:.2f}"


def _counted(metric: Metric, value: float) -> str:
    whole = metric.unit in _WHOLE or float(value).is_integer()
    unit = metric.unit.removesuffix("s") if value == 1 else metric.unit
    return f"{value:,.0f} {unit}" if whole else f"{value:,.1f} {unit}"


def figure(metric: Metric, value: float | None) -> str:
    """The same under a label that already says what is counted: no unit after a count."""
    told = shown(metric, value)
    return told.partition(" ")[0] if value is not None and metric.unit in _WHOLE else told


def duration(seconds: float | None) -> str:
    """Seconds as people read them: 0.84 s, 12.4 s, 3 min 05 s, 2 h 07 min, 9 d 19 h."""
    if seconds is None or pd.isna(seconds):
        return NOT_MEASURABLE
    if abs(seconds) < 60:
        return f"{seconds:.2f} s" if abs(seconds) < 10 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600:02d} h"


def size(number: int) -> str:
    """Bytes as people read them."""
    amount, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:,.1f} {unit}"


def moment(value: object) -> str:
    """A time in UTC; what it says when there is none."""
    stamp = pd.to_datetime(value, utc=True) if value is not None else pd.NaT  # type: ignore[call-overload]
    return "unknown" if pd.isna(stamp) else stamp.strftime("%Y-%m-%d %H:%M UTC")


def address(conversation_id: str, **more: object) -> str:
    """The link to a conversation, relative to any page."""
    extra = "".join(f"&{name}={quote(str(value), safe='')}" for name, value in more.items())
    return f"conversation?id={quote(conversation_id, safe='')}{extra}"


# --- columns of tables ----------------------------------------------------------------------


def column(metric: Metric) -> Any:  # noqa: ANN401 - Streamlit's own mapping
    """A table column for a metric: a bar where the range has two ends, else a number."""
    about = literal(f"{metric.label}: {metric.formula} Missing when {metric.absent}.", limit=900)
    label, config = short(metric.name), st.column_config
    bounded = metric.range[1] is not None and metric.range[0] == 0
    if metric.unit in ("share", "points") and bounded:
        sign = "%.0f %%" if metric.unit == "share" else "%.0f"
        return config.ProgressColumn(
            label, min_value=0, max_value=100, format=sign, help=about, width=104
        )
    return config.NumberColumn(label, format=_format(metric), help=about, width=88)


def _format(metric: Metric) -> str:
    if metric.name == "duration_s":
        return "compact"  # a length of time reads as a clock
    if metric.unit in _WHOLE:
        return "%,d"
    signed = "+" if metric.range[0] < 0 else ""
    return {"share": "%.0f %%", "s": "%.2f s", "score": f"%{signed}.2f"}.get(metric.unit, "%.1f")


# --- the metrics of one conversation ---------------------------------------------------------


def families(found: opened.Opened) -> dict[str, pd.DataFrame]:
    """Family → Metric, Value and how it is computed, or why it is not measurable."""
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for name in offered():
        metric, value = METRICS[name], found.number(name)
        note = metric.formula if value is not None else f"{NOT_MEASURABLE}: {_why(found, metric)}"
        rows.setdefault(metric.family, []).append(
            (metric.label, shown(metric, value) if value is not None else "—", note)
        )
    names = ["Metric", "Value", "How it is computed, or why it cannot be"]
    return {family: pd.DataFrame(each, columns=names) for family, each in rows.items()}


def _why(found: opened.Opened, metric: Metric) -> str:
    return found.reasons.get(metric.name) or metric.absent


def why(found: opened.Opened, name: str) -> str:
    """Why a metric of this conversation is missing, in words."""
    return _why(found, METRICS[name])


def measured(found: opened.Opened) -> tuple[int, int]:
    """How many metrics are measurable here, and how many there are."""
    return sum(found.number(name) is not None for name in offered()), len(offered())
