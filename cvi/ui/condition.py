"""How the installation stands: settings without secrets, the callback address, what is in force."""

from __future__ import annotations

import importlib.util
import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from cvi.bootstrap import webhook_token
from cvi.errors import CviError
from cvi.jobs.checks import Check, run_checks, store_checks
from cvi.settings import Key, described, keys
from cvi.store import operations
from cvi.ui import clock, tables, workbench
from cvi.ui.literal import literal

_PROOF = {
    "any": "the secret in the address, or a valid signature",
    "token": "the secret in the address",
    "signature": "a valid HMAC signature",
    "both": "the secret in the address and a valid signature",
    "none": "no proof at all",
}
_BADGES = {
    "ok": (":material/check_circle:", "green"),
    "note": (":material/info:", "blue"),
    "warning": (":material/warning:", "orange"),
    "bad": (":material/error:", "red"),
}
_MASK = "•" * 12


def running(name: str) -> bool:
    """Is the thread of that name alive in this process?"""
    return any(each.name == name and each.is_alive() for each in threading.enumerate())


def alarms() -> None:
    """What must not be overlooked."""
    settings = workbench.ports().settings
    if settings.webhook_auth == "none":
        st.error(
            "CVI\\_WEBHOOK\\_AUTH is none: whoever reaches this server can write events. Unset it "
            "before anybody else can reach this machine.",
            title="Callbacks are accepted without any proof",
            icon=":material/gpp_bad:",
        )
    if settings.host not in ("127.0.0.1", "localhost", "::1"):
        st.warning(
            "Put a proxy that signs people in before the pages, or set CVI\\_HOST=127.0.0.1.",
            title=f"The pages are open to whoever reaches {literal(settings.host)}",
            icon=":material/public:",
        )


def callbacks() -> None:
    """Where Tavus sends events, and what proof it needs."""
    settings = workbench.ports().settings
    tokens = address(key="reveal")
    if tokens is None:
        return
    valid = [key for key in tokens if key.valid(datetime.now(UTC))]
    st.markdown(f"A callback needs **{_PROOF[settings.webhook_auth]}**.")
    if _by_token() and not valid:
        st.warning(
            "Every webhook token has expired, so callbacks are refused.", icon=":material/key_off:"
        )
    ends = [key.until for key in valid if key.until is not None]
    if ends:
        st.caption(f"{len(valid)} tokens in force; the next ends {clock.moment(min(ends))}.")
    if settings.webhook_auth in ("any", "both", "signature"):
        known = len(keys(settings.webhook_secrets, "TAVUS_WEBHOOK_SECRET"))
        st.caption(f"Signature keys: {known} set." if known else "Signature key: not set.")


def address(*, key: str) -> tuple[Key, ...] | None:
    """The callback address, its secret masked until it is asked for, with a button to copy it.

    Returns the tokens; None when there are none, which it says.
    """
    try:
        tokens = keys(webhook_token(workbench.ports().settings), "CVI_WEBHOOK_TOKEN")
    except (CviError, OSError) as error:
        st.error(f"There is no webhook token: {literal(error)}", icon=":material/key_off:")
        return None
    valid = [each for each in tokens if each.valid(datetime.now(UTC))] if _by_token() else []
    shown = st.toggle("Reveal the secret", key=key) if valid else False
    secret = f"/{valid[0].secret if shown else _MASK}" if valid else ""
    st.code(f"{_base()}/webhooks/tavus{secret}", language=None, wrap_lines=True)
    st.caption(
        "Give this as `callback_url` when a conversation is created."
        + (" Reveal it first: the copy button copies what is shown." if valid and not shown else "")
    )
    return tokens


def _by_token() -> bool:
    return workbench.ports().settings.webhook_auth in ("any", "token", "both")


def _base() -> str:
    """The address the receiver has: this server's own when it runs here, else that of `cvi api`."""
    settings = workbench.ports().settings
    if running("committer") and (seen := urlsplit(st.context.url or "")).netloc:
        return f"{seen.scheme}://{seen.netloc}"
    port = settings.port if running("committer") else settings.api_port
    return f"http://{settings.host}:{port}"


def checks() -> None:
    """Findings about the store and this process; the whole doctor on demand."""
    here = workbench.ports()
    found = [*store_checks(here), _worker(), *_server()]
    if st.session_state.get("doctor"):
        with st.spinner("Asking everything that is configured …"):
            every = [*found, *run_checks(here.settings)]
        found = list({each.what: each for each in every}.values())
    for each in found:
        icon, colour = _BADGES[each.state]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(each.what, icon=icon, color=colour)  # type: ignore[arg-type]
            st.markdown(literal(each.found, limit=400))
        if each.hint:
            st.caption(literal(each.hint, limit=400))
    st.caption(f"Database size {tables.size(operations.database_bytes(here.engine))}")
    st.button(
        "Run all checks", icon=":material/stethoscope:",
        on_click=lambda: st.session_state.update(doctor=True),
        help="Also asks Tavus whether the key works",
    )  # fmt: skip


def _worker() -> Check:
    if running("cvi-worker"):
        return Check("Worker", "ok", "runs in this process")
    hint = "cvi serve runs one beside the pages; cvi worker runs one alone."
    return Check("Worker", "note", "none in this process; another process may run one", hint)


def _server() -> list[Check]:
    missing = [name for name in ("uvloop", "httptools") if not importlib.util.find_spec(name)]
    fast = Check("Server", "ok", "uvloop and httptools are installed")
    if missing:
        hint = "Every response takes some 40 ms longer. Install streamlit[performance]."
        fast = Check("Server", "warning", f"{', '.join(missing)} missing", hint)
    collects = bool(st.get_option("runner.postScriptGC"))
    tidy = Check("Garbage collection", "ok", "off after runs (runner.postScriptGC = false)")
    if collects:
        hint = "Each rerun pays up to 150 ms. Set runner.postScriptGC = false."
        tidy = Check("Garbage collection", "warning", "runs after every script run", hint)
    watcher = str(st.get_option("server.fileWatcherType"))
    watch = Check("File watcher", "ok" if watcher == "none" else "note", watcher)
    return [fast, tidy, watch]


def settings() -> None:
    """Every setting: secrets only as set or not set."""
    given = workbench.ports().settings
    names = {field.metadata["env"]: field.name for field in given.__dataclass_fields__.values()}
    rows = []
    for env, default, about, secret in described():
        value = getattr(given, names[env])
        told = ("set" if value else "not set") if secret else str(value)
        rows.append((env, told, "" if secret or told == default else default, about))
    frame = pd.DataFrame(rows, columns=["Setting", "Value", "Instead of", "Meaning"])
    st.dataframe(
        frame.assign(Meaning=frame["Meaning"].str.replace("`", "")),
        hide_index=True,
        height="content",
        column_config={
            "Setting": st.column_config.TextColumn(width=190),
            "Value": st.column_config.TextColumn(width=220),
            "Instead of": st.column_config.TextColumn(width=90),
            "Meaning": st.column_config.TextColumn(width=420),
        },
        alt="Settings in force",
    )
    st.caption("Settings come from the environment, then from `.streamlit/secrets.toml`.")
