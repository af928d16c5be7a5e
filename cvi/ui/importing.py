"""The import wizard: choose files, see what they hold and correct it, then append it."""

from __future__ import annotations

from collections.abc import Container, Iterable

import streamlit as st

from cvi.errors import BadInput, CviError
from cvi.ingest import Source, expand
from cvi.jobs import importing
from cvi.resources import resource
from cvi.ui import imported, plans, workbench
from cvi.ui.literal import literal
from cvi.ui.plans import Plan

_STEPS = ("Choose files", "Check what they hold", "Import")
_MOST_FILES = 40
_LOCAL = ("127.0.0.1", "localhost", "::1")
_RELAYED = ("forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip")


def wizard() -> None:
    """The three steps, one beneath the other; nothing is stored before the last."""
    told = imported.outcome()
    at = st.empty()
    chosen = _choose()
    made = [plans.plan(key, source) for key, source in chosen]
    ready = [each for each in made if each.ready]
    with at:
        _steps(2 if ready else 1 if made else 0 if not told else 3)
    if not made:
        return
    count = sum(each.conversations for each in ready)
    known = bool(ready) and all(each.all_known for each in ready)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            _asked(count, len(ready), len(made), complete=all(each.complete for each in ready)),
            type="primary",
            icon=":material/upload_file:",
            disabled=not ready,
            key="import",
        )
        if known:
            st.caption("Everything in there is stored already: importing changes nothing.")
        elif len(ready) < len(made):
            st.caption(f"{len(made) - len(ready)} of {len(made)} files are left out: see above.")
    if pressed:
        _run(ready)
        st.rerun()


def _steps(at: int) -> None:
    """Where one is; what is done has a tick."""
    with st.container(horizontal=True, gap="medium", key="steps"):
        for number, name in enumerate(_STEPS):
            if number < at:
                st.markdown(f":green[:material/check_circle:] {name}", width="content")
            elif number == at:
                st.markdown(f":blue[:material/counter_{number + 1}:] **{name}**", width="content")
            else:
                st.markdown(f":gray[:material/counter_{number + 1}: {name}]", width="content")


# --- choosing ------------------------------------------------------------------------------------


def _choose() -> list[tuple[str, Source]]:
    """Uploads, shipped samples and files of this server, each under a key that changes with its
    content."""
    left, right = st.columns([3, 2], gap="medium")
    turn = st.session_state.setdefault("upload-turn", 0)
    with left:
        files = st.file_uploader(
            "Files", accept_multiple_files=True, key=f"upload-{turn}",
            help="JSON, JSONL, CSV, WebVTT or SRT, each also as .gz",
        )  # fmt: skip
    samples = sorted(path.name for path in resource("samples").glob("*"))
    with right:
        picked = st.pills(
            "Or try a sample", samples, selection_mode="multi", key=f"samples-{turn}", wrap=True
        )
        there = _on_this_server(turn)
        st.caption("Nothing is stored before you press Import.")
    found = [(file.file_id, Source.from_file(file, file.name)) for file in files]
    folder = resource("samples")
    found += [(f"sample-{name}", Source.of(folder / name)) for name in picked or ()]
    return [*found, *there]


def _on_this_server(turn: int) -> list[tuple[str, Source]]:
    """Files by their path: only where whoever sees the pages sits at this machine anyway."""
    hosts = (workbench.ports().settings.host, st.get_option("server.address"))
    if not sits_here(hosts, st.context.headers):
        return []
    given = st.text_input(
        "Or a file or folder on this machine", key=f"path-{turn}", placeholder="/path/to/exports"
    ).strip()
    if not given:
        return []
    try:
        files = expand([given])
    except (BadInput, OSError) as error:
        st.error(literal(error), icon=":material/folder_off:")
        return []
    if not files:
        st.warning("No file of a known kind in there.", icon=":material/folder_open:")
    if len(files) > _MOST_FILES:
        st.warning(
            f"The first {_MOST_FILES} of {len(files):,} files. `cvi import` takes them all.",
            icon=":material/folder_open:",
        )
    shown = files[:_MOST_FILES]
    return [(f"{file}-{file.stat().st_mtime_ns}", Source.of(file)) for file in shown]


def sits_here(hosts: Iterable[str | None], headers: Container[str]) -> bool:
    """Do the pages listen on this machine alone (no address is every address), with no proxy that
    lets others in?"""
    return all(host in _LOCAL for host in hosts) and not any(name in headers for name in _RELAYED)


# --- importing -----------------------------------------------------------------------------------


def _asked(conversations: int, readable: int, files: int, *, complete: bool) -> str:
    """The words on the button."""
    what = "conversation" if conversations == 1 else "conversations"
    more = "" if complete else "at least "
    where = "" if files == 1 else f" from {readable} of {files} files"
    return f"Import {more}{conversations:,} {what}{where}"


def _run(ready: list[Plan]) -> None:
    """Import what can be read, with a bar; the outcome is shown on the next run."""
    told: list[imported.Told] = []
    for number, made in enumerate(ready, 1):
        expected = made.conversations if made.complete else None
        name = literal(made.source.name, limit=80)
        bar = st.progress(0.0, text=f"{name} ({number} of {len(ready)})")

        def advance(done: int, bar: object = bar, expected: int | None = expected) -> None:
            share = min(done / expected, 1.0) if expected else 0.5
            bar.progress(share, text=f"{done:,} conversations stored")  # type: ignore[attr-defined]

        try:
            done = importing.import_source(
                workbench.ports(), made.source, reader=made.reader, mapping=made.mapping,
                roles=made.roles, progress=advance,
            )  # fmt: skip
        except CviError as error:
            told.append(imported.Told(made.source.name, error=str(error)))
        else:
            told.append(imported.Told(made.source.name, done=done))
    st.session_state["imported"] = told
    st.session_state["queue-busy"] = True
    st.session_state["upload-turn"] = st.session_state.get("upload-turn", 0) + 1
