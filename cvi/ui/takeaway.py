"""Rows to take away: one menu for every page, which makes nothing before somebody asks for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import streamlit as st

from cvi.bootstrap import Ports
from cvi.errors import CviError
from cvi.jobs import background, exporting
from cvi.jobs.archive import Order
from cvi.jobs.exporting import ZIPPED, Chosen
from cvi.selection.filters import Filters
from cvi.store import rows
from cvi.ui import workbench
from cvi.ui.literal import literal

FORMATS = {"csv": "CSV", "jsonl": "JSONL", "parquet": "Parquet", "xlsx": "Excel"}
TABLES = {"conversations": "Conversations", "turns": "Turns"}
# More rows than this take longer than somebody waits in front of a button. A row of conversations
# is some ninety cells wide; a cell of a workbook costs the most.
MOST = {"conversations": 10_000, "turns": 50_000}
_WORKBOOK = 2
_WIDTH = 380  # of the menu: four buttons in a row
_MIME = {"zip": "application/zip",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


def rows_menu(
    filters: Filters,
    *,
    key: str,
    ids: Sequence[str] | None = None,
    tables: Sequence[str] = ("conversations", "turns"),
    label: str = "Export",
) -> None:
    """A button that opens the choice of rows and format.

    What is exported is what `filters` select, newest first, or the conversations `ids` in their
    order. Closed it costs a run of the page nothing but itself. Small exports are made at the
    click; large ones by the worker, and are fetched on the Data page.
    """
    _menu(Chosen(filters, None if ids is None else tuple(ids)), key, tuple(tables), label)


@st.fragment
def _menu(chosen: Chosen, key: str, tables: tuple[str, ...], label: str) -> None:
    menu = st.popover(
        label,
        icon=":material/download:",
        key=f"{key}-export",
        on_change="rerun",
        help="All columns and metrics, as CSV, JSONL, Parquet or Excel",
    )
    if not menu.open:
        return
    with menu, st.container(width=_WIDTH):
        try:
            count = dict(zip(TABLES, _counted(workbench.version(), chosen), strict=True))
        except CviError as error:
            st.error(literal(error, limit=400), icon=":material/error:")
            return
        table = _table(key, tables, count)
        if not count[table]:
            st.caption("There is nothing to export: no row matches.")
            return
        _formats(chosen, key, table, count[table])


@st.cache_data(max_entries=64, show_spinner=False)
def _counted(version_key: str, chosen: Chosen) -> tuple[int, int]:  # noqa: ARG001
    here = workbench.ports()
    return rows.counted(here.engine, chosen.filters, chosen.ids, workspace=here.workspace)


def _table(key: str, tables: tuple[str, ...], count: dict[str, int]) -> str:
    if len(tables) == 1:
        st.markdown(f"**{count[tables[0]]:,}** {TABLES[tables[0]].lower()}")
        return tables[0]
    return st.segmented_control(
        "Rows",
        tables,
        default=tables[0],
        required=True,
        key=f"{key}-table",
        format_func=lambda name: f"{TABLES[name]} · {count[name]:,}",
        label_visibility="collapsed",
    )


def _formats(chosen: Chosen, key: str, table: str, count: int) -> None:
    """One button a format: it downloads, or asks the worker when that takes longer."""
    here = workbench.ports()
    later = False
    with st.container(horizontal=True, gap="small"):
        for kind, title in FORMATS.items():
            name = f"{table}-{datetime.now(UTC):%Y-%m-%d}"
            if count <= MOST[table] // (_WORKBOOK if kind == "xlsx" else 1):
                suffix = "zip" if kind in ZIPPED else kind
                st.download_button(
                    title,
                    maker(here, table, kind, chosen),
                    file_name=f"{name}.{suffix}",
                    mime=_MIME[suffix],
                    key=f"{key}-{table}-{kind}",
                    on_click="ignore",
                )
                continue
            later = True
            order = Order(name, (table,), kind, chosen)
            st.button(
                title,
                key=f"{key}-{table}-{kind}-later",
                icon=":material/schedule:",
                on_click=partial(_ask, here, order, key),
            )
    st.caption(
        "All columns and metrics, and beside them what they mean: label, unit and formula of each, "
        "the filter and the date. CSV, JSONL and Parquet come as a zip."
    )
    if later:
        st.caption(
            ":material/schedule: So many rows are made in the background while you go on working."
        )
    _said(key)


def _ask(here: Ports, order: Order, key: str) -> None:
    st.session_state[f"{key}-asked"] = str(background.ask_export(here, order))


def _said(key: str) -> None:
    """Where what was asked for is to be found."""
    if st.session_state.get(f"{key}-asked"):
        st.success("On its way. It waits for you on the Data page.", icon=":material/check:")
        st.page_link("pages/data.py", label="Data page", icon=":material/database:")


def maker(here: Ports, table: str, kind: str, chosen: Chosen) -> Callable[[], bytes]:
    """The work behind a button, to be done in another thread when it is pressed."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory(prefix="cvi-export-") as folder:
            path = Path(folder) / "made"
            exporting.packed(here, table, path, format=kind, filters=chosen.filters, ids=chosen.ids)
            return path.read_bytes()

    return make
