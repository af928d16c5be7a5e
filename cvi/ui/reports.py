"""Reports to take away: a button that makes one, with its progress, and then hands it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from cvi.errors import CviError
from cvi.exports.chartfile import MEDIA, file_name
from cvi.exports.report import Progress, Report
from cvi.selection.filters import Filters, zone_of
from cvi.ui import conversation_report, dashboard_report, filterbar, tables, workbench
from cvi.ui.literal import literal
from cvi.ui.opened import Opened

_FORMATS = {"pdf": "PDF", "html": "HTML"}
_WIDTH = 340
_READY = "report-made"  # a session keeps the last one: what it is of, format, time, bytes
Made = Callable[[datetime, bool], Report]


def dashboard_menu(filters: Filters) -> None:
    """A button for the report of the dashboard: tiles, charts, quotations, definitions."""
    _menu(
        filters,
        "Tiles, charts, the conversations that stand out with their quotations, topics, and the "
        "definition of every metric, for the filter that is on.",
        "conversation-dashboard",
        filters.zone,
        lambda moment, _: dashboard_report.dashboard(filters, moment),
    )


def conversation_menu(found: Opened) -> None:
    """A button for the report of one conversation."""
    _menu(
        found.id,
        "Score with its parts, timeline, points of interest with their quotations, and every "
        "metric with its definition or the reason why it could not be measured.",
        f"{found.word('title') or found.id}-report",
        filterbar.current().zone,
        lambda moment, whole: conversation_report.conversation(found, moment, transcript=whole),
        transcript=True,
    )


@st.fragment
def _menu(
    about: object,
    told: str,
    name: str,
    zone: str,
    made: Made,
    *,
    transcript: bool = False,
) -> None:
    """Closed it costs a run of the page nothing but itself."""
    box = st.popover(
        "Report", icon=":material/description:", key="report-menu", on_change="rerun",
        help="A document to print or send: PDF or HTML",
    )  # fmt: skip
    if not box.open:
        return
    with box, st.container(width=_WIDTH):
        st.caption(told)
        whole = transcript and st.toggle("With the transcript", value=True, key="report-whole")
        wanted = (about, workbench.version(), whole)
        with st.container(horizontal=True, gap="small"):
            asked = [
                kind
                for kind, label in _FORMATS.items()
                if st.button(f"Make {label}", key=f"make-report-{kind}")
            ]
        if asked:
            _make(wanted, asked[0], lambda moment: made(moment, whole), zone)
        _save(wanted, name)


def _save(wanted: object, name: str) -> None:
    """The report that was made last, if it is the one that is wanted."""
    ready = st.session_state.get(_READY)
    if ready is None or ready[0] != wanted:
        return
    _, kind, moment, data = ready
    st.download_button(
        f"Save {_FORMATS[kind]} ({tables.size(len(data))})", data,
        file_name=file_name(name, moment, kind), mime=MEDIA[kind], type="primary",
        on_click="ignore", key=f"save-report-{kind}", icon=":material/download:",
    )  # fmt: skip


def _make(wanted: object, kind: str, made: Callable[[datetime], Report], zone: str) -> None:
    """Make the report, saying how far it is; what goes wrong is said instead."""
    bar = st.progress(0.0, "Reading the numbers")
    moment = datetime.now(zone_of(zone))

    def progress(share: float, what: str) -> None:
        bar.progress(share, what)

    try:
        data = _written(kind, made(moment), progress)
    except CviError as error:
        st.error(literal(error, limit=400), icon=":material/error:")
    else:
        st.session_state[_READY] = (wanted, kind, moment, data)
    bar.empty()


def _written(kind: str, report: Report, progress: Progress) -> bytes:
    # Matplotlib and Typst are loaded by whoever makes a report, not by the page.
    from cvi.exports.report_html import to_html
    from cvi.exports.report_pdf import to_pdf

    return to_pdf(report, progress) if kind == "pdf" else to_html(report, progress)
