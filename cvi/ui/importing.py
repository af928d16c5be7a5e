"""The import wizard: choose files, look at what they hold, correct it, then append it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from cvi.errors import CviError
from cvi.ingest import ALIASES, READERS, Options, Preview, Source, detect, guess_mapping, preview
from cvi.ingest.cells import REQUIRED, layout_of
from cvi.jobs import importing
from cvi.resources import resource
from cvi.ui import tables, workbench
from cvi.ui.literal import literal

LOOKED_AT = 300  # conversations read for a preview
_NONE = "(no column)"
_FIRST = ("conversation_id", "role", "text", "timestamp")
_SIDES = ("user", "assistant")
_ROLES = frozenset({"user", "assistant", "system", "tool", "none"})
_SHOWN_SPEAKERS = 12
_TITLES = {
    "conversation_id": "Conversation", "role": "Who speaks", "text": "What is said",
    "timestamp": "Start", "seconds_from_start": "Seconds from start",
}  # fmt: skip


# --- choosing ------------------------------------------------------------------------------------


def choose() -> list[tuple[str, Source]]:
    """Uploaded files or shipped samples, each under a key that changes with its content."""
    left, right = st.columns([3, 2])
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
        st.caption("Nothing is stored before you press Import.")
    found = [(file.file_id, Source.from_file(file, file.name)) for file in files]
    folder = resource("samples")
    return [*found, *((f"sample-{name}", Source.of(folder / name)) for name in picked or ())]


# --- looking and correcting ----------------------------------------------------------------------


class Plan:
    """How one file will be read: the format, the columns and the sides a person has settled."""

    def __init__(self, key: str, source: Source) -> None:
        self.key, self.source = key, source
        self.reader: str | None = None
        self.mapping: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.seen: Preview | None = None


def plan(key: str, source: Source) -> Plan:
    """Draw the card of one file and return what was settled about it."""
    made = Plan(key, source)
    with st.container(border=True):
        st.markdown(f"**{literal(source.name, limit=80)}**")
        try:
            made.reader = _format(made)
            if READERS[made.reader].header is not None and not _mapped(made):
                return made
            made.seen = _look(made)
            if names := _strangers(made.seen):
                made.roles = _sides(made, names)
                made.seen = _look(made)
        except CviError as error:
            st.error(literal(error, limit=900), icon=":material/error:")
            return made
        _report(made.seen)
    return made


def _format(made: Plan) -> str:
    detected = detect(made.source)
    names = list(READERS)
    return st.selectbox(
        "Format",
        names,
        index=names.index(detected),
        format_func=lambda name: (
            f"{name}: {READERS[name].summary}{' (detected)' if name == detected else ''}"
        ),
        key=f"format-{made.key}",
    )


def _mapped(made: Plan) -> bool:
    """A selectbox a field; only what differs from the guess is handed on. Is it enough?"""
    header = layout_of(made.source, Options(), required=False).columns
    guess = guess_mapping(header)
    with st.container(horizontal=True):
        chosen = {name: _column(made, name, header, guess) for name in _FIRST}
    rest = [name for name in ALIASES if name not in _FIRST]
    with st.expander("More columns", type="compact"), st.container(horizontal=True):
        chosen |= {name: _column(made, name, header, guess) for name in rest}
    given = chosen.items()
    made.mapping = {name: column for name, column in given if column != guess.get(name, "")}
    missing = [_TITLES[name] for name in REQUIRED if not chosen[name]]
    if missing:
        told = " and ".join(f"“{title}”" for title in missing)
        st.warning(f"Choose the column for {told}.", icon=":material/view_column:")
    return not missing


def _column(made: Plan, name: str, header: tuple[str, ...], guess: Mapping[str, str]) -> str:
    options = [_NONE, *dict.fromkeys(column for column in header if column)]
    at = options.index(guess[name]) if guess.get(name) in options else 0
    label = _TITLES.get(name, name.replace("_", " ").capitalize())
    found = st.selectbox(label, options, index=at, key=f"map-{made.key}-{name}", width=190)
    return "" if found == _NONE else found


def _strangers(seen: Preview) -> dict[str, str]:
    """Speakers of subtitles, or roles that are no role, with the side each has now."""
    if seen.reader == "subtitles":
        found = dict(seen.speakers)
    else:
        found = {name: name for name in seen.roles if name not in _ROLES and name != "(other)"}
    return dict(list(found.items())[:_SHOWN_SPEAKERS])


def _sides(made: Plan, names: Mapping[str, str]) -> dict[str, str]:
    """A choice of side a speaker."""
    st.caption("Who is the user, and who the assistant?")
    chosen: dict[str, str] = {}
    with st.container(horizontal=True):
        for name, role in names.items():
            side = st.selectbox(
                literal(name or "(no name)", limit=40), _SIDES,
                index=_SIDES.index(role) if role in _SIDES else None,
                key=f"side-{made.key}-{name}", placeholder="Left out", width=190,
            )  # fmt: skip
            if side:
                chosen[name] = side
    return chosen


def _look(made: Plan) -> Preview:
    return _preview(
        made.key,
        made.source,
        made.reader,
        tuple(sorted(made.mapping.items())),
        tuple(sorted(made.roles.items())),
    )


@st.cache_data(max_entries=32, show_spinner="Reading the file …")
def _preview(
    key: str,  # noqa: ARG001 - stands for the source in the cache
    _source: Source,
    reader: str | None,
    mapping: tuple[tuple[str, str], ...],
    roles: tuple[tuple[str, str], ...],
) -> Preview:
    return preview(
        _source, reader=reader, mapping=dict(mapping), roles=dict(roles), limit=LOOKED_AT
    )


def _report(seen: Preview) -> None:
    """Counts, a few rows, and what could not be read."""
    more = "" if seen.complete else "at least "
    timed = f"{seen.with_times / seen.turns:.0%} with times" if seen.turns else "no turns"
    st.markdown(
        f"{more}**{seen.conversations:,}** conversation{'s' * (seen.conversations != 1)} · "
        f"**{seen.turns:,}** turn{'s' * (seen.turns != 1)} ({timed}) · "
        f"{tables.size(seen.bytes)}"
    )
    if not seen.complete:
        st.caption(f"The preview stops after {LOOKED_AT} conversations; Import reads all of it.")
    if seen.sample:
        st.dataframe(
            pd.DataFrame([dict(row) for row in seen.sample]).astype("str"),
            hide_index=True,
            height="content",
            alt="The first rows of the file",
        )
    if seen.problem_count:
        with st.expander(
            f"{seen.problem_count:,} notes and problems, by line",
            icon=":material/report:",
            type="compact",
        ):
            problems([vars_of(problem) for problem in seen.problems])


def vars_of(problem: object) -> dict[str, object]:
    """A problem as a mapping."""
    return {name: getattr(problem, name) for name in ("where", "line", "what", "hint")}


def problems(found: list[dict[str, object]]) -> None:
    """Problems with their line and how to mend them."""
    st.dataframe(
        pd.DataFrame(found, columns=["where", "line", "what", "hint"]),
        hide_index=True,
        height="content" if len(found) < 10 else 360,
        column_config={
            "where": "Where",
            "line": st.column_config.NumberColumn("Line", format="%d", width=60),
            "what": st.column_config.TextColumn("What", width=420),
            "hint": st.column_config.TextColumn("What to do", width=420),
        },
        placeholder="—",
        alt="Problems found in the file",
    )


# --- importing -----------------------------------------------------------------------------------


def asked(conversations: int, readable: int, files: int) -> str:
    """The words on the button."""
    what = "conversation" if conversations == 1 else "conversations"
    where = "" if files == 1 else f" from {readable} of {files} files"
    return f"Import {conversations:,} {what}{where}"


def run(plans: list[Plan]) -> None:
    """Import what can be read, with a bar; the outcome is shown on the next run."""
    told: list[dict[str, object]] = []
    for made in plans:
        expected = made.seen.conversations if made.seen and made.seen.complete else None
        bar = st.progress(0.0, text=literal(made.source.name))

        def advance(done: int, bar: object = bar, expected: int | None = expected) -> None:
            share = min(done / expected, 1.0) if expected else 0.5
            bar.progress(share, text=f"{done:,} conversations")  # type: ignore[attr-defined]

        try:
            outcome = importing.import_source(
                workbench.ports(),
                made.source,
                reader=made.reader,
                mapping=made.mapping,
                roles=made.roles,
                progress=advance,
            )
        except CviError as error:
            told.append({"name": made.source.name, "error": str(error)})
            continue
        told.append(
            {
                "name": outcome.name,
                "conversations": outcome.conversations,
                "new": outcome.events_new,
                "seen": outcome.events_seen,
                "problems": [vars_of(problem) for problem in outcome.problems],
                "problem_count": outcome.problem_count,
            }
        )
    st.session_state["imported"] = told
    st.session_state["queue-busy"] = True
    st.session_state["upload-turn"] = st.session_state.get("upload-turn", 0) + 1


def outcome() -> None:
    """What the last import did, until it is dismissed."""
    told = st.session_state.get("imported")
    if not told:
        return
    with st.container(border=True):
        for each in told:
            name = literal(each["name"], limit=80)
            if "error" in each:
                st.error(f"{name}: {literal(each['error'], limit=600)}", icon=":material/error:")
                continue
            new = f"{each['new']:,} new events" if each["new"] else "nothing new"
            st.success(
                f"**{name}**: {each['conversations']:,} conversations, {new}, "
                f"{each['seen']:,} already known.",
                icon=":material/check_circle:",
            )
            if each["problem_count"]:
                with st.expander(f"{each['problem_count']:,} notes and problems", type="compact"):
                    problems(each["problems"])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/conversations.py", label="See the conversations", icon=":material/forum:"
            )
            st.button(
                "Dismiss", type="tertiary", on_click=lambda: st.session_state.pop("imported", None)
            )
