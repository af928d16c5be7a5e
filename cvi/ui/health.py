"""The board of the operations page: what is well, what is not, and how events come and go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import plotly.graph_objects as go
import streamlit as st

from cvi.charts.traffic import traffic as traffic_chart
from cvi.store import facts, health
from cvi.store.queue import QueueState
from cvi.store.traffic import traffic as traffic_of
from cvi.ui import clock, sections, tables, workbench
from cvi.ui.operations import state

LATE_S = 30.0
_WINDOWS = {"24 hours": 24, "30 days": 24 * 30}
_EVERY_S = 60  # how long the chart is kept while nothing arrives


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the board. `tab` is where its list is; None when it has none."""

    bad: bool
    what: str
    tab: str | None = None


def counts() -> dict[str, int]:
    """How many of each kind, by the name of its tab."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    found = _counts(workbench.version(), now)
    return {
        "failures": state().dead,
        "transcripts": found["quiet"],
        "stalled": found["stalled"],
        "anomalies": found["odd"],
        "types": found["unknown"],
        "unknown_events": found["unknown_events"],
    }


@st.cache_data(max_entries=8, ttl=600, show_spinner="Looking for what is wrong …")
def _counts(version: str, now: datetime) -> dict[str, int]:  # noqa: ARG001 - the key
    here = workbench.ports()
    return health.counts(here.engine, workspace=here.workspace, now=now)


def findings(now: QueueState, number: dict[str, int]) -> list[Finding]:
    """What is not well, the worst first. An empty list means that all is."""
    found = []
    if now.pending and now.lag_s > LATE_S:
        late = (
            f"{_number(now.pending, 'event')} waiting, the oldest for "
            f"{tables.duration(now.lag_s)}. Is a worker running? `cvi serve` has one; `cvi worker` "
            "is one."
        )
        found.append(Finding(bad=True, what=late))
    for tab, bad, one, many in _LINES:
        if count := number[tab]:
            found.append(Finding(bad, f"{count:,} {one if count == 1 else many}", tab))
    return found


_LINES = (
    ("failures", True, "event could not be processed", "events could not be processed"),
    ("stalled", True, "conversation in which the replica stalled",
     "conversations in which the replica stalled"),
    ("transcripts", True, "ended conversation without its transcript",
     "ended conversations without their transcript"),
    ("anomalies", False, "conversation with contradictory times, lost rows or unknown events",
     "conversations with contradictory times, lost rows or unknown events"),
    ("types", False, "type of event that this version does not read",
     "types of events that this version does not read"),
)  # fmt: skip


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def board(number: dict[str, int], *, key: str) -> None:
    """All is well, or what is not; each line leads to its list, a tab of the sections `key`."""
    now = state()
    found = findings(now, number)
    if not any(each.bad for each in found):
        rest = "Nothing failed, nothing waits, and every ended conversation has its transcript."
        st.success(f"**All is well.** {rest}", icon=":material/check_circle:")
    if not found:
        return
    with st.container(border=True, gap="xsmall", key="board"):
        for at, each in enumerate(found):
            icon = ":orange[:material/warning:]" if each.bad else ":blue[:material/info:]"
            if each.tab is None:
                st.markdown(f"{icon}&ensp;{each.what}")
                continue
            st.button(
                f"{icon}&ensp;{each.what}", key=f"look-{at}", type="tertiary",
                help="Show them", on_click=sections.show, args=(key, each.tab),
            )  # fmt: skip


def traffic() -> None:
    """Events received and settled, by hour or by day."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**Events received and settled**")
            st.space("stretch")
            window = st.segmented_control(
                "Period", list(_WINDOWS), default="24 hours", required=True, key="traffic",
                label_visibility="collapsed", bind="query-params",
            )  # fmt: skip
        edges, every = clock.edges(_WINDOWS[window or "24 hours"])
        here = workbench.ports()
        newest = facts.last_seq(here.engine, workspace=here.workspace)
        figure = _traffic(workbench.version(), newest, tuple(edges), every)
        st.plotly_chart(
            figure, config={"displayModeBar": False}, key="traffic-chart",
            alt=str(figure.layout.meta["alt"]),
        )  # fmt: skip


@st.cache_resource(max_entries=8, ttl=_EVERY_S, show_spinner=False)
def _traffic(
    version: str,  # noqa: ARG001 - what changes the figure
    newest: int,  # noqa: ARG001
    edges: tuple[datetime, ...],
    every: str,
) -> go.Figure:
    here = workbench.ports()
    return traffic_chart(traffic_of(here.engine, edges, workspace=here.workspace), every=every)
