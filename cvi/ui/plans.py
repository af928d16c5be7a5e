"""How one file will be read: its format, its columns, its speakers, and what would come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from cvi.charts.palette import ASSISTANT, QUIET, USER
from cvi.errors import BadInput, CviError
from cvi.ingest import READERS, Header, Options, Preview, Source, detect, likely
from cvi.ingest.cells import REQUIRED
from cvi.jobs import importing
from cvi.jobs.importing import Rehearsed
from cvi.store import facts
from cvi.ui import imported, tables, workbench
from cvi.ui.literal import literal

LOOKED_AT = 500  # conversations read before the import
_NONE = "(none)"
_FIRST = ("conversation_id", "turns", "role", "text", "timestamp")
_SIDES = ("user", "assistant")
_SHOWN_SPEAKERS = 12
_TITLES = {
    "conversation_id": "Conversation", "turns": "List of turns", "role": "Who speaks",
    "text": "What is said", "timestamp": "When it began", "end": "When it ended",
    "seconds_from_start": "Seconds from start", "duration_s": "Length of the call",
    "max_duration_s": "Longest length allowed", "started_at": "Start of the call",
    "ended_at": "End of the call", "duration": "Length of the turn",
}  # fmt: skip


@dataclass(slots=True)
class Plan:
    """What a person settled about one file, and what reading it that way would bring."""

    key: str
    source: Source
    reader: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    found: Rehearsed | None = None

    @property
    def conversations(self) -> int:
        """How many there are, as far as was looked."""
        return self.found.seen.conversations if self.found else 0

    @property
    def complete(self) -> bool:
        """Was the whole file looked at?"""
        return self.found is not None and self.found.seen.complete

    @property
    def ready(self) -> bool:
        """Can it be imported?"""
        return self.found is not None and bool(self.found.seen.events)

    @property
    def all_known(self) -> bool:
        """Is everything in it stored already?"""
        return self.complete and self.found is not None and not self.found.new + self.found.grown


def plan(key: str, source: Source) -> Plan:
    """Draw the card of one file and return what was settled about it."""
    made = Plan(key, source)
    with st.container(border=True, key=f"plan-{abs(hash(key))}"):
        st.markdown(f"**{literal(source.name, limit=80)}**")
        try:
            enough = _settled(made)
            if enough:
                made.found = _look(made)
                if names := _strangers(made.found.seen):
                    made.roles = _sides(made, names)
                    made.found = _look(made)
                _report(made.found)
                if names and not made.found.seen.turns:
                    st.warning("Choose a side for a speaker first.", icon=":material/group:")
                    made.found = None
        except CviError as error:
            made.found = None
            st.error(literal(error, limit=900), icon=":material/error:")
    return made


# --- format and columns --------------------------------------------------------------------------


def _settled(made: Plan) -> bool:
    """Format and columns, folded away when all was recognised. Is it enough to read the file?"""
    try:
        detected, known = detect(made.source), True
    except BadInput:
        detected, known = likely(made.source), False
    chosen = st.session_state.get(f"format-{made.key}", detected)
    header = _header(made, chosen)
    if header is not None and len(header.columns) < len(REQUIRED):
        hint = "It needs one for who speaks and one for what is said."
        raise BadInput("there are not two columns in it", where=made.source.name, hint=hint)
    needed = _needed(chosen)
    guessed = {**(header.mapping if header else {}), **_remembered(chosen, header)}
    open_ = not known or any(name not in guessed for name in needed)
    title = f"{chosen} · {_told(guessed)}" if header else chosen
    with st.expander(
        f"Format and columns: {literal(title, limit=200)}",
        expanded=open_,
        key=f"columns-{made.key}",
    ):
        made.reader = _format(made, detected, sure=known)
        missing = _mapped(made, header, guessed) if header else []
    if missing:
        names = " and ".join(f"“{_title(name)}”" for name in missing)
        st.warning(f"Choose what holds {names}.", icon=":material/view_column:")
    return not missing


def _needed(reader: str) -> tuple[str, ...]:
    return ("turns", *REQUIRED) if reader == "transcripts" else REQUIRED


def _told(mapping: Mapping[str, str]) -> str:
    shown = [f"{_title(name).lower()} ← {mapping[name]}" for name in _FIRST if name in mapping]
    return ", ".join(shown) or "nothing recognised"


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def _format(made: Plan, detected: str, *, sure: bool) -> str:
    names = list(READERS)
    note = " (detected)" if sure else " (perhaps)"
    return st.selectbox(
        "Format",
        names,
        index=names.index(detected),
        format_func=lambda name: (
            f"{name}: {READERS[name].summary}{note if name == detected else ''}"
        ),
        key=f"format-{made.key}",
    )


def _header(made: Plan, reader: str) -> Header | None:
    """Columns of the file; of nested turns as the chosen list has them."""
    if READERS[reader].header is None:
        return None
    turns = st.session_state.get(f"map-{made.key}-{reader}-turns")
    listed = {"turns": turns} if turns and turns != _NONE and reader == "transcripts" else {}
    return _read_header(made.key, made.source, reader, tuple(listed.items()))


@st.cache_data(max_entries=64, show_spinner=False)
def _read_header(
    key: str,  # noqa: ARG001 - stands for the source in the cache
    _source: Source,
    reader: str,
    listed: tuple[tuple[str, str], ...],
) -> Header:
    read = READERS[reader].header
    return read(_source, Options(mapping=dict(listed))) if read else Header((), {})


def _mapped(made: Plan, header: Header, guessed: Mapping[str, str]) -> list[str]:
    """A choice a field; only what differs from the guess of the file is handed on. Returns the
    fields that are needed and have nothing."""
    reader = str(made.reader)
    fields = [name for name in _FIRST if name in header.fields]
    with st.container(horizontal=True):
        chosen = {name: _column(made, name, header, guessed) for name in fields}
    rest = [name for name in header.fields if name not in _FIRST]
    with st.expander("More columns", type="compact"), st.container(horizontal=True):
        chosen |= {name: _column(made, name, header, guessed) for name in rest}
    made.mapping = {
        name: column for name, column in chosen.items() if column != header.mapping.get(name, "")
    }
    if made.mapping:
        shapes = st.session_state.setdefault("mappings", {})
        shapes[reader, header.columns] = {**chosen}
    return [name for name in _needed(reader) if name in chosen and not chosen[name]]


def _remembered(reader: str, header: Header | None) -> dict[str, str]:
    """What was chosen for a file of the same columns in this session."""
    known = st.session_state.get("mappings", {})
    found: dict[str, str] = known.get((reader, header.columns), {}) if header else {}
    return {name: column for name, column in found.items() if column}


def _column(made: Plan, name: str, header: Header, guessed: Mapping[str, str]) -> str:
    options = [_NONE, *dict.fromkeys(column for column in header.fields[name] if column)]
    at = options.index(guessed[name]) if guessed.get(name) in options else 0
    found = st.selectbox(
        _title(name), options, index=at, key=f"map-{made.key}-{made.reader}-{name}", width=180
    )
    return "" if found == _NONE else found


# --- speakers ------------------------------------------------------------------------------------


def _strangers(seen: Preview) -> dict[str, str]:
    """Speakers of subtitles with the side each has now, or names that are no role."""
    subtitles = seen.reader == "subtitles"
    found = {name: role for name, role in seen.speakers.items() if subtitles or role == "unknown"}
    return dict(list(found.items())[:_SHOWN_SPEAKERS])


def _sides(made: Plan, names: Mapping[str, str]) -> dict[str, str]:
    """A choice of side a speaker."""
    st.caption("Who is the user, and who the assistant? A speaker without a side is left out.")
    chosen: dict[str, str] = {}
    known = st.session_state.get("sides", {})
    with st.container(horizontal=True):
        for name, role in names.items():
            guess = known.get(name.lower(), role)
            side = st.selectbox(
                literal(name or "(no name)", limit=40), _SIDES,
                index=_SIDES.index(guess) if guess in _SIDES else None,
                key=f"side-{made.key}-{name}", placeholder="Left out", width=180,
            )  # fmt: skip
            if side:
                chosen[name] = side
    st.session_state["sides"] = known | {name.lower(): side for name, side in chosen.items()}
    return chosen


# --- what would come of it -----------------------------------------------------------------------


def _look(made: Plan) -> Rehearsed:
    here = workbench.ports()
    return _rehearsed(
        facts.last_seq(here.engine, workspace=here.workspace),
        made.key,
        made.source,
        made.reader,
        tuple(sorted(made.mapping.items())),
        tuple(sorted(made.roles.items())),
    )


@st.cache_data(max_entries=32, show_spinner="Reading the file …")
def _rehearsed(
    newest: int,  # noqa: ARG001 - what is known changes with it
    key: str,  # noqa: ARG001 - stands for the source in the cache
    _source: Source,
    reader: str | None,
    mapping: tuple[tuple[str, str], ...],
    roles: tuple[tuple[str, str], ...],
) -> Rehearsed:
    return importing.rehearse(
        workbench.ports(), _source, reader=reader, mapping=dict(mapping), roles=dict(roles),
        limit=LOOKED_AT,
    )  # fmt: skip


def _report(found: Rehearsed) -> None:
    """Counts, the first turns as they will be read, and what could not be."""
    seen = found.seen
    more = "" if seen.complete else "at least "
    timed = f"{seen.with_times / seen.turns:.0%} with times" if seen.turns else "no turns"
    parts = [
        (found.new, "new", "green"),
        (found.grown, "known, with something new", "blue"),
        (found.known, "already known", "gray"),
    ]
    counts = [f":{colour}-badge[{count:,} {word}]" for count, word, colour in parts if count]
    st.markdown(
        f"{more}**{seen.conversations:,}** conversation{'s' * (seen.conversations != 1)} · "
        f"**{seen.turns:,}** turn{'s' * (seen.turns != 1)} ({timed}) · "
        f"{tables.size(seen.bytes)} &ensp;{' '.join(counts)}"
    )
    if not seen.complete:
        st.caption(
            f"Looked at the first {LOOKED_AT} conversations; the import reads the whole file."
        )
    if seen.sample:
        _sample(seen)
    if seen.problem_count:
        with st.expander(
            f"{seen.problem_count:,} notes and problems, by line",
            icon=":material/report:",
            type="compact",
        ):
            imported.problems(seen.problems)


def _sample(seen: Preview) -> None:
    frame = pd.DataFrame([dict(row) for row in seen.sample])
    columns = {
        "conversation_id": st.column_config.TextColumn("Conversation", width=150),
        "role": st.column_config.MultiselectColumn(
            "Who", options=["user", "assistant", "unknown"], color=[USER, ASSISTANT, QUIET],
            width=90,
        ),
        "text": st.column_config.TextColumn("What is said", width=480),
        "time": st.column_config.TextColumn("When", width=200),
        "event_type": st.column_config.TextColumn("Event", width=320),
        "at": st.column_config.TextColumn("When", width=200),
    }  # fmt: skip
    if "role" in frame:
        frame["role"] = [[str(role)] for role in frame["role"]]
    st.dataframe(
        frame,
        hide_index=True,
        height="content",
        column_config={name: each for name, each in columns.items() if name in frame},
        placeholder="—",
        alt="The first turns as they will be read",
    )
