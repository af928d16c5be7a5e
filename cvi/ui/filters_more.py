"""The filters behind the button: what is needed less often, and ranges of any metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import available_timezones

import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.filter_words import condition
from cvi.analysis.metric import offered
from cvi.selection.filters import BANDS, MOODS, UNKNOWN, Filters, Range
from cvi.ui.literal import literal

Put = Callable[[Filters], None]
_SHARES = ("share", "yes = 1")
_FIRST = (
    "quality", "quality_engagement", "quality_depth", "quality_balance", "quality_satisfaction",
    "duration_s", "turns", "user_sentiment", "response_time_p50", "response_time_p95",
    "user_talk_share", "user_repair_rate",
)  # fmt: skip


def draw(filters: Filters, values: Mapping[str, Sequence[str]], put: Put) -> None:
    """A button with everything else; its content is made once it is open."""
    with st.popover("More filters", icon=":material/tune:", on_change="rerun", key="f-more") as box:
        if not box.open:
            return
        left, right = st.columns(2)
        with left:
            _pick("Quality", "bands", list(BANDS), filters, put)
            _pick("Sentiment", "moods", list(MOODS), filters, put)
            _pick("Tool used", "tools", values["tool"], filters, put)
        with right:
            _pick("Source", "sources", values["source"], filters, put)
            _pick("Replica", "replicas", values["replica"], filters, put)
            _zone(filters, put)
        st.markdown("**Range of a metric**")
        _range(filters, put)


def _pick(label: str, field: str, options: Sequence[str], filters: Filters, put: Put) -> None:
    key = f"f-{field}"
    grouped = field == "tools"
    now = getattr(filters, field)
    on = list(now[0]) if grouped and now else [] if grouped else list(now)
    if st.session_state.get(key) != on:
        st.session_state[key] = on

    def took() -> None:
        chosen = tuple(st.session_state[key])
        found = (*((chosen,) if chosen else ()), *now[1:]) if grouped else chosen
        put(replace(filters, **{field: found}))  # type: ignore[arg-type]

    st.multiselect(
        label, list(dict.fromkeys([*options, *on])), key=key, placeholder="All", on_change=took,
        format_func=lambda value: value if value != UNKNOWN else "unknown",
        disabled=not options and not on,
        help=None if options else "No conversation says",
    )  # fmt: skip


def _zone(filters: Filters, put: Put) -> None:
    zones = sorted(available_timezones())
    if st.session_state.get("f-zone") != filters.zone:
        st.session_state["f-zone"] = filters.zone
    st.selectbox(
        "Times and days in", zones if filters.zone in zones else [filters.zone, *zones],
        key="f-zone", on_change=lambda: put(replace(filters, zone=st.session_state["f-zone"])),
    )  # fmt: skip


def _label(name: str) -> str:
    metric = METRICS[name]
    return f"{metric.label} ({'%' if metric.unit in _SHARES else metric.unit})"


def _range(filters: Filters, put: Put) -> None:
    names = [name for name in _FIRST if name in METRICS]
    names += [name for name in offered() if name not in names]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox("Metric", names, format_func=_label, key="f-metric", width=240)
        low = st.number_input("From", value=None, key="f-low", width=100, placeholder="any")
        high = st.number_input("Below", value=None, key="f-high", width=100, placeholder="any")
        factor = 0.01 if METRICS[name].unit in _SHARES else 1.0
        wanted = Range(name, _scaled(low, factor), _scaled(high, factor))
        ranges = (*filters.ranges, wanted)
        st.button(
            "Add", type="primary", on_click=put, args=(replace(filters, ranges=ranges),),
            disabled=wanted in filters.ranges, help=literal(condition(wanted)),
        )  # fmt: skip
    st.caption("Without ends: conversations in which the metric could be measured.")


def _scaled(end: float | None, factor: float) -> float | None:
    return None if end is None else end * factor
