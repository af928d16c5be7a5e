"""Charts as files: a small menu of downloads. Nothing is drawn until one of them is clicked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import streamlit as st

from cvi import __version__
from cvi.analysis.filter_words import described
from cvi.exports.chartfile import MEDIA, file_name, notes, undrawable
from cvi.selection.filters import Filters, zone_of
from cvi.ui.literal import literal

_FOR_SCREENS = re.compile(r"\s*(Select|Click)\b[^.]*\.")  # what only a page can do
_ABOUT = {
    "png": ("PNG", "Picture for slides and chats, at twice the resolution"),
    "svg": ("SVG", "Drawing that stays sharp at every size"),
    "pdf": ("PDF", "One sheet to print; its text can be searched"),
    "html": ("HTML", "Interactive, in one file that needs no network (5 MB)"),
}


def menu(
    figure: go.Figure,
    *,
    title: str,
    filters: Filters,
    n: int | str,
    key: str,
    about: str = "",
) -> None:
    """Buttons that save a chart as PNG, SVG, PDF or interactive HTML, with its title and notes.

    `n` is the number of conversations in the chart, or words that say of what; `about` is the line
    under the title. Call it inside a popover that is open; `key` is unique on the page.
    """
    missing = undrawable(figure.data, figure.layout)
    zone, told = zone_of(filters.zone), (n, described(filters))
    words = (title, _FOR_SCREENS.sub("", about).strip())
    dark = bool(st.session_state.get(f"{key}-dark"))
    st.caption("Save the chart, with its title, n, filters and date")
    with st.container(horizontal=True, gap="xsmall"):
        for format, (label, what) in _ABOUT.items():  # noqa: A001 - the word for it
            st.download_button(
                label,
                _maker(figure, format, words, told, zone, dark=dark),
                file_name=file_name(title, datetime.now(zone), format),
                mime=MEDIA[format],
                on_click="ignore",
                disabled=bool(missing) and format != "html",
                help=what,
                key=f"{key}-{format}",
            )
    st.toggle("Dark background", key=f"{key}-dark")
    if missing:
        st.caption(
            f"{literal(missing.capitalize())} cannot be drawn without a browser: save the chart as "
            "HTML and take the picture from there."
        )


def _maker(
    figure: go.Figure,
    format: str,  # noqa: A002
    words: tuple[str, str],
    told: tuple[int | str, str],
    zone: ZoneInfo,
    *,
    dark: bool,
) -> Callable[[], bytes]:
    """The file's bytes, made when it is asked for; it runs outside the script."""

    def made() -> bytes:
        from cvi.exports.printed import print_chart

        lines = notes(*told, datetime.now(zone), __version__)
        theme = "dark" if dark else "light"
        title, about = words
        return print_chart(
            figure, format=format, title=title, about=about, note_lines=lines, theme=theme
        )

    return made
