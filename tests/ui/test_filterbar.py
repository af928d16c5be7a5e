"""The filter between URL and session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from streamlit.testing.v1 import AppTest


def _app() -> None:
    from cvi.ui import filterbar

    filterbar.sync()


def test_a_page_left_open_over_midnight_moves_on() -> None:
    """A period by name is that of the present day, not of the day on which it was chosen."""
    app = AppTest.from_function(_app, default_timeout=60)
    app.query_params["period"] = "7d"
    app.run()
    now = app.session_state["filter"]
    day = timedelta(days=1)
    app.session_state["filter"] = replace(now, since=now.since - day, until=now.until - day)
    app.run()
    assert not app.exception
    assert app.session_state["filter"] == now
    assert app.query_params["period"] == "7d"
