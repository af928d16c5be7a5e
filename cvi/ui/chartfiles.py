"""Charts as files: a small menu of downloads. Nothing is drawn until one of them is clicked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import streamlit as st

from cvi import __version__
from cvi.exports.chartfile import MEDIA, file_name, notes, undrawable
from cvi.ui.literal import literal

_ABOUT = {
    "png": ("PNG", "Picture for slides and chats, at twice the resolution"),
    "svg": ("SVG", "Drawing that stays sharp at every size"),
    "pdf": ("PDF", "One sheet to print; its text can be searched"),
    "html": ("HTML", "Interactive, in one file that needs no network (5 MB)"),
}


def menu(figure: go.Figure, *, title: str, filters: str, n: int | str, key: str) -> None:
    """Buttons that save a chart as PNG, SVG, PDF or interactive HTML, with its title and notes.

    `filters` is the filter in words, empty for none; `n` the number of conversations in the chart,
    or words that say of what. Call it inside a popover; `key` is unique on the page.
    """
    missing = undrawable(figure.data, figure.layout)
    dark = st.toggle("Dark background", key=f"{key}-dark")
    zone = zone_here()
    with st.container(horizontal=True, gap="xsmall"):
        for format, (label, about) in _ABOUT.items():  # noqa: A001 - the word for it
            st.download_button(
                label,
                _maker(figure, format, title, (n, filters), zone, dark=dark),
                file_name=file_name(title, datetime.now(zone), format),
                mime=MEDIA[format],
                on_click="ignore",
                disabled=bool(missing) and format != "html",
                help=about,
                key=f"{key}-{format}",
            )
    if missing:
        st.caption(
            f"{literal(missing.capitalize())} cannot be drawn without a browser: save the chart as "
            "HTML and take the picture from there."
        )


def _maker(
    figure: go.Figure,
    format: str,  # noqa: A002
    title: str,
    about: tuple[int | str, str],
    zone: ZoneInfo,
    *,
    dark: bool,
) -> Callable[[], bytes]:
    """The file's bytes, made when it is asked for; it runs outside the script."""

    def made() -> bytes:
        from cvi.exports.printed import print_chart

        lines = notes(*about, datetime.now(zone), __version__)
        theme = "dark" if dark else "light"
        return print_chart(figure, format=format, title=title, note_lines=lines, theme=theme)

    return made


def zone_here() -> ZoneInfo:
    """The viewer's time zone; UTC where the browser does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
