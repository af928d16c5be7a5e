"""One filter for every page: in the URL, in the session, and in the bar that changes it.

The URL is the filter. A page that is opened without one (from the navigation, say) gets the one of
the session written into its URL, so that any address can be copied and shows the same elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from cvi.analysis.filter_words import chips, topic
from cvi.analysis.summary import previous
from cvi.selection.address import KEYS, Query, from_query, to_query
from cvi.selection.filters import UNKNOWN, Filters, zone_of
from cvi.selection.periods import PERIODS
from cvi.ui import filters_more, workbench
from cvi.ui.literal import literal

_STATE, _PROBLEMS = "filter", "filter-problems"
_ALL, _CUSTOM = "All time", "Between …"


def viewers_zone() -> str:
    """The time zone of the browser; UTC when it is not known."""
    name = st.context.timezone
    return name if name and zone_of(name).key == name else "UTC"


def today(zone: str) -> date:
    """The day it is in a time zone."""
    return datetime.now(zone_of(zone)).date()


def sync(page: str = "") -> None:
    """Bring URL and session together; once a run, before anything reads the filter.

    `page` names the page that runs, so that the way back from a list can be told from a way on.
    """
    given = {key: st.query_params.get_all(key) for key in KEYS if key in st.query_params}
    arrived = st.session_state.get("page-shown") != page
    st.session_state["page-shown"] = page
    left = st.session_state.get("drilled")
    if arrived and left and (page, given) == (left["page"], left["to"]):
        # Streamlit writes the address of the page ahead into the history of the page behind.
        given = left["from"] or {"q": [""]}
    if given and given != st.session_state.get("filter-query"):
        zone = (given.get("tz") or [viewers_zone()])[0]
        found, problems = from_query(
            given, today=today(zone), zone=viewers_zone(), metrics=workbench.NAMES
        )
        st.session_state.update({_STATE: found, _PROBLEMS: problems})
    elif _STATE not in st.session_state:
        st.session_state[_STATE] = Filters(zone=viewers_zone())
    else:  # a page stays open past midnight, and then "today" is another day
        st.session_state[_STATE] = _as_of_today(current())
    _write()


def _as_of_today(filters: Filters) -> Filters:
    if not filters.period:
        return filters
    since, until = PERIODS[filters.period][1](today(filters.zone))
    return replace(filters, since=since, until=until)


def current() -> Filters:
    """The filter that is on."""
    if _STATE not in st.session_state:
        sync()
    found: Filters = st.session_state[_STATE]
    return found


def active() -> bool:
    """Does it filter anything?"""
    return current().active


def put(filters: Filters) -> None:
    """Switch to another filter; the URL follows."""
    st.session_state.update({_STATE: filters, _PROBLEMS: []})
    _write()


def leaving(to: Query) -> None:
    """Remember the filter of this page, for whoever comes back to it after a drill-through."""
    st.session_state["drilled"] = {
        "page": st.session_state.get("page-shown"), "from": to_query(current()), "to": to,
    }  # fmt: skip


def clear() -> None:
    """Back to everything."""
    put(Filters(zone=current().zone))


def query(filters: Filters | None = None, **more: str) -> Query:
    """Parameters for a link that carries the filter, and more."""
    chosen = to_query(current() if filters is None else filters)
    return {**chosen, **{name: [value] for name, value in more.items()}}


def _write() -> None:
    wanted = to_query(current())
    st.session_state["filter-query"] = wanted
    for key in KEYS:
        if key not in wanted:
            if key in st.query_params:
                del st.query_params[key]
        elif st.query_params.get_all(key) != wanted[key]:
            st.query_params[key] = wanted[key]


# --- the bar ---------------------------------------------------------------------------------


def draw() -> None:
    """The bar, and a chip for everything that is on."""
    values, filters = workbench.choices(), current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters", gap="small"):
        _period(filters)
        _several("Persona", "personas", values["persona"], width=160)
        _several("Topic", "topics", values["topic"], width=160, told=topic, grouped=True)
        _several("Outcome", "outcomes", values["outcome"], width=150)
        _text(filters)
        filters_more.draw(filters, values, put)
    _chips(filters)
    for problem in st.session_state.get(_PROBLEMS, []):
        st.warning(literal(problem, limit=300), icon=":material/link_off:")


def steer(key: str, value: object) -> None:
    """Give a widget the filter's value, unless it has it: what is being typed is not disturbed."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _period(filters: Filters) -> None:
    labels = {"": _ALL, **{name: label for name, (label, _) in PERIODS.items()}, "days": _CUSTOM}
    dated = filters.since is not None or filters.until is not None
    steer("f-period", filters.period or ("days" if dated else ""))
    st.selectbox(
        "Period", list(labels), format_func=labels.__getitem__, key="f-period", width=140,
        on_change=_took_period, help=f"Days in the time zone {literal(filters.zone)}",
    )  # fmt: skip
    if dated and not filters.period:
        steer("f-days", tuple(day for day in (filters.since, filters.until) if day))
        st.date_input("Days", key="f-days", width=220, on_change=_took_days, format="YYYY-MM-DD")


def _took_period() -> None:
    name, filters = st.session_state["f-period"], current()
    now = today(filters.zone)
    if name == "days":
        since, until = filters.since or now - timedelta(days=29), filters.until or now
        put(replace(filters, since=since, until=until, period=""))
    elif name:
        since, until = PERIODS[name][1](now)
        put(replace(filters, since=since, until=until, period=name))
    else:
        put(replace(filters, since=None, until=None, period=""))


def _took_days() -> None:
    days = st.session_state["f-days"]
    if isinstance(days, tuple) and len(days) == 2:
        put(replace(current(), since=days[0], until=days[1], period=""))


def _several(
    label: str,
    field: str,
    options: list[str],
    *,
    width: int,
    told: Callable[[str], str] | None = None,
    grouped: bool = False,
) -> None:
    """A choice of several values, each of them allowed."""
    key, now = f"f-{field}", getattr(current(), field)
    on = list(now[0]) if grouped and now else [] if grouped else list(now)
    steer(key, on)
    st.multiselect(
        label, list(dict.fromkeys([*options, *on])), key=key, placeholder="All", width=width,
        format_func=told or _shown, on_change=_took_several, args=(field, grouped),
    )  # fmt: skip


def _shown(value: str) -> str:
    return value.replace("_", " ") if value != UNKNOWN else "unknown"


def _took_several(field: str, grouped: bool) -> None:
    values = tuple(st.session_state[f"f-{field}"])
    found: Any = values
    if grouped:
        found = (*((values,) if values else ()), *getattr(current(), field)[1:])
    put(replace(current(), **{field: found}))


def _text(filters: Filters) -> None:
    steer("f-text", filters.text)
    st.text_input(
        "Text", key="f-text", placeholder="Said or in the title", width=160, on_change=_took_text
    )


def _took_text() -> None:
    put(replace(current(), text=st.session_state["f-text"].strip()))


def _chips(filters: Filters) -> None:
    """What is on: select a chip to take it away."""
    on = chips(filters)
    if not on:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        for number, chip in enumerate(on):
            st.button(
                literal(chip.text, limit=60), icon=":material/close:", icon_position="right",
                key=f"chip-{number}", on_click=put, args=(chip.rest,), type="secondary",
                help=f"Remove the filter {literal(chip.text)}",
            )  # fmt: skip
        st.button("Clear all", on_click=clear, type="tertiary", key="clear-all")
        if filters.since is not None:
            since, until = previous(filters.since, filters.until, today(filters.zone))
            st.caption(f"Changes are against {since.day} {since:%b} – {until.day} {until:%b %Y}")
