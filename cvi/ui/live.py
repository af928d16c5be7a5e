"""New data on open pages: a component that listens to the server and asks for a rerun when due."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from cvi.bootstrap import PASS_SECONDS, live_signer
from cvi.store import pulse
from cvi.ui import workbench

# Pages that show the queue itself, and so follow what arrives and fails; others follow the views.
_QUEUE_PAGES = frozenset({"Events", "Status"})
_HERE = Path(__file__).resolve().parent

_component = st.components.v2.component(
    "cvi_live",
    html='<span class="live" role="status" data-state="off"><i></i><b></b></span>\n',
    css=(_HERE / "live.css").read_text(encoding="utf-8"),
    js=(_HERE / "live.js").read_text(encoding="utf-8"),
)


def draw(page: str) -> None:
    """Keep the page up to date. To be drawn before its data are read, so that none is missed.

    Where no stream is served (`streamlit run app.py`) it stays silent.
    """
    here = workbench.ports()
    now = pulse.beat(here.engine, workspace=here.workspace)
    data = {"pass": _pass(), "drawn": list(now), "watched": 3 if page in _QUEUE_PAGES else 1}
    with st.sidebar:
        _component(key="live", data=data, on_news_change=_noted, on_expired_change=_renew)


def _pass() -> str:
    """The session's pass, a new one from half of its life on."""
    made, given = st.session_state.get("live-pass", (0.0, ""))
    if time.time() - made > PASS_SECONDS / 2:
        given = live_signer(workbench.ports().settings).sign("page").decode()
        st.session_state["live-pass"] = (time.time(), given)
    return str(given)


def _noted() -> None:
    """The rerun itself is all that is wanted."""


def _renew() -> None:
    """The stream has refused the pass."""
    st.session_state.pop("live-pass", None)
