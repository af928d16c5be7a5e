"""Where to look in one conversation: its slow answers, breaks, silences, lows and so on, by group.

Every moment rests on the same arithmetic as the metric of its kind, so a group's count and the
metric agree. A group that cannot be measured or has nothing in it is left out; `unmeasured` says
which of the timed ones could not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cvi.analysis.batch import CLOCKS, Batch
from cvi.analysis.insights import DROP, SLOW_S
from cvi.analysis.participation import QUESTIONS
from cvi.analysis.repair import APOLOGY, FAILURE, REPAIR
from cvi.analysis.rows import Lexicon
from cvi.analysis.sentiment_metrics import ENOUGH, scored
from cvi.analysis.speech import Bools, Floats, Ints
from cvi.analysis.timing import answers, plausible, silences
from cvi.analysis.turn_taking import breaks

MOST = 60  # moments listed of one group
LONGEST = 5  # of a group that is a ranking
TALK_S, TALK_WORDS = 20.0, 50  # a shorter stretch is no monologue; 50 words are 20 s of speech
SURE = 0.5  # a label with less confidence is no low
AROUND = 3  # user turns on each side of a turning point
QUOTE = 90  # characters


@dataclass(frozen=True, slots=True)
class Moment:
    """A place to jump to: the turn (idx) if there is one, the second if it is known."""

    turn: int | None
    at: float | None
    note: str  # the figure that makes it a moment
    text: str  # a quote of the turn, or the name of what happened
    side: str = ""  # user, assistant, or nobody's
    also: tuple[int, ...] = ()  # more turns it rests on


@dataclass(frozen=True, slots=True)
class Group:
    """Moments of one kind: `count` is how many there are, of which `moments` lists the first."""

    name: str
    label: str
    count: int
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """An answer of the assistant: `wait` seconds after the user stopped at `since`.

    Not `counted` when it is negative or longer than 30 s, as in `response_time_p50`.
    """

    turn: int | None
    since: float
    wait: float
    counted: bool


@dataclass(frozen=True, slots=True)
class Break:
    """An interruption: `by` broke at second `at` into the turn of the other side."""

    turn: int | None
    at: float
    by: str


def timed(batch: Batch) -> bool:
    """Are ends of speech known, so that waits, breaks and silences can be measured?"""
    return bool(batch.clock[0] >= CLOCKS["ends"]) and len(batch.speech.code) > 0


def unmeasured(batch: Batch) -> str:
    """Which kinds of moment could not be looked for and why, in one sentence; empty if none."""
    missing = []
    if not timed(batch):
        missing.append(
            "Slow answers, interruptions and silences cannot be measured: the ends of speech are "
            "not known."
        )
    if not batch.english[0]:
        missing.append("Mood, repairs and questions are read in English conversations only.")
    return " ".join(missing)


def waits(batch: Batch) -> list[Wait]:
    """Every answer of the assistant, in order of time."""
    if not timed(batch):
        return []
    taken, wait = batch.once(answers)
    turns = _turns_of(batch, batch.holds.span[taken])
    since = batch.holds.end[taken - 1].tolist()
    rows = zip(turns, since, wait.tolist(), plausible(wait).tolist(), strict=True)
    return [Wait(*row) for row in rows]


def broken(batch: Batch) -> list[Break]:
    """Every interruption by either side, in order of time."""
    if not timed(batch):
        return []
    found = []
    for side, by_user in (("user", True), ("assistant", False)):
        spans, at = breaks(batch, by_user=by_user)
        turns = _turns_of(batch, spans)
        found += [Break(turn, when, side) for turn, when in zip(turns, at.tolist(), strict=True)]
    return sorted(found, key=lambda each: each.at)


def moments(batch: Batch, insights: pd.DataFrame) -> list[Group]:
    """The groups of one conversation that have anything in them.

    `batch` holds one conversation; `insights` has message, confidence and evidence (turn idx).
    """
    story = _Story(batch)
    found = [Group("insights", "Insights", len(insights), tuple(_insights(story, insights)))]
    for name, label, find in _KINDS:
        every = find(story)
        found.append(Group(name, label, len(every), tuple(every[:MOST])))
    return [group for group in found if group.count]


class _Story:
    """One conversation, with what it takes to quote it and to place things in it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        frame = batch.frames.turns
        said = zip(frame["idx"].tolist(), frame["text"].tolist(), strict=True)
        self._texts = {idx: text for idx, text in said if isinstance(text, str)}
        rows = batch.rows
        known = np.flatnonzero(~np.isnan(rows.start))
        self._known = known[np.argsort(rows.start[known], kind="stable")]

    def quote(self, turn: int | None) -> str:
        """The beginning of a turn's words."""
        return short(self._texts.get(turn, "")) if turn is not None else ""

    def turn_at(self, second: float) -> int | None:
        """The last turn that had begun by then."""
        place = int(np.searchsorted(self.batch.rows.start[self._known], second, side="right")) - 1
        return int(self.batch.rows.idx[self._known[place]]) if place >= 0 else None

    def of_rows(self, rows: Ints, notes: Iterable[str]) -> list[Moment]:
        """A moment for each transcript row, with its quote."""
        table = self.batch.rows
        return [
            Moment(idx, _known(at), note, self.quote(idx), "user" if user else "assistant")
            for idx, at, user, note in zip(
                table.idx[rows].tolist(), table.start[rows].tolist(),
                table.user[rows].tolist(), notes, strict=True,
            )
        ]  # fmt: skip


def short(text: str, limit: int = QUOTE) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _known(value: Any) -> float | None:  # noqa: ANN401 - whatever a cell holds
    return None if pd.isna(value) else float(value)


def _turns_of(batch: Batch, spans: Ints) -> list[int | None]:
    """The turn that holds the words of each speech interval, if there is one."""
    rows = batch.speech.row[spans]
    idx = np.append(batch.rows.idx, -1)[rows]
    return [None if row < 0 else at for row, at in zip(rows.tolist(), idx.tolist(), strict=True)]


# --- kinds ---------------------------------------------------------------------------------------


def _insights(story: _Story, insights: pd.DataFrame) -> Iterator[Moment]:
    ranked = insights.sort_values("confidence", ascending=False, kind="stable")
    for row in ranked.to_dict("records"):
        first, *rest = row["evidence"] or [None]
        sure = "" if pd.isna(row["confidence"]) else f"{row['confidence']:.0%} sure"
        at = story.of_rows(np.flatnonzero(story.batch.rows.idx == first), [""])[:1]
        yield Moment(
            first, at[0].at if at else None, sure, str(row["message"]), also=tuple(rest[:MOST])
        )


def _slow(story: _Story) -> list[Moment]:
    kept = [each for each in waits(story.batch) if each.counted]
    ranked = sorted(kept, key=lambda each: -each.wait)
    most = max(LONGEST, sum(each.wait > SLOW_S for each in ranked))
    return [
        Moment(each.turn, each.since, f"{each.wait:.1f} s", story.quote(each.turn), "assistant")
        for each in ranked[:most]
    ]


def _breaks(by: str) -> Callable[[_Story], list[Moment]]:
    other = "assistant" if by == "user" else "user"

    def find(story: _Story) -> list[Moment]:
        return [
            Moment(each.turn, each.at, f"by the {by}", story.quote(each.turn), other)
            for each in broken(story.batch)
            if each.by == by
        ]

    return find


def _silences(story: _Story) -> list[Moment]:
    if not timed(story.batch):
        return []
    _, start, length = silences(story.batch)
    order = np.argsort(-length, kind="stable")
    found = []
    for at, long in zip(start[order].tolist(), length[order].tolist(), strict=True):
        turn = story.turn_at(at)
        found.append(Moment(turn, at, f"{long:.1f} s", f"after: {story.quote(turn)}"))
    return found


def _monologues(story: _Story) -> list[Moment]:
    batch = story.batch
    if timed(batch):
        holds = batch.holds
        length = holds.end - holds.start
        order = _longest(length, TALK_S)
        turns = _turns_of(batch, holds.span[order])
        rows = zip(turns, holds.start[order].tolist(), length[order].tolist(),
                   holds.user[order].tolist(), strict=True)  # fmt: skip
        return [
            Moment(turn, at, f"{long:.0f} s", story.quote(turn), "user" if user else "assistant")
            for turn, at, long, user in rows
        ]
    floors = batch.floors
    order = _longest(floors.words.astype(np.float64), TALK_WORDS)
    notes = (f"{count} words" for count in floors.words[order].tolist())
    return story.of_rows(floors.first[order], notes)


def _longest(values: Floats, least: float) -> Ints:
    order = np.argsort(-values, kind="stable")[:LONGEST]
    kept: Ints = order[values[order] >= least]
    return kept


def _lows(story: _Story) -> list[Moment]:
    rows = story.batch.rows
    mine = scored(story.batch)
    sure = (rows.label[mine] == "negative") & (rows.confidence[mine] >= SURE)
    low = mine[sure]
    low = low[np.argsort(rows.score[low], kind="stable")]
    return story.of_rows(low, (f"{score:+.2f}" for score in rows.score[low].tolist()))


def _turning(story: _Story) -> list[Moment]:
    """Where the mean of the three user turns from here on differs most from the three before."""
    mine = scored(story.batch)
    if len(mine) < ENOUGH:
        return []
    mean = np.convolve(story.batch.rows.score[mine], np.full(AROUND, 1 / AROUND), mode="valid")
    change = mean[AROUND:] - mean[:-AROUND]
    found: list[int] = []
    for at in np.argsort(-np.abs(change), kind="stable").tolist():
        if abs(change[at]) < -DROP or len(found) == LONGEST:
            break
        if all(abs(at - other) >= AROUND for other in found):
            found.append(at)
    rows = mine[np.array(sorted(found), np.int64) + AROUND]
    return story.of_rows(rows, (f"{change[at]:+.2f}" for at in sorted(found)))


def _said(lexicons: Sequence[Lexicon], *, user: bool) -> Callable[[_Story], list[Moment]]:
    def find(story: _Story) -> list[Moment]:
        batch = story.batch
        if not batch.english[0]:
            return []
        hits: Bools = np.logical_or.reduce([batch.matches(lexicon) for lexicon in lexicons])
        rows = np.flatnonzero(hits & (batch.rows.user == user))
        return story.of_rows(rows, [""] * len(rows))

    return find


def _tools(story: _Story) -> list[Moment]:
    table = story.batch.frames.tool_calls
    return [
        _placed(story, row, str(row["status"]) if isinstance(row["status"], str) else "asked")
        for row in table.to_dict("records")
    ]


def _signals(*, flags: bool) -> Callable[[_Story], list[Moment]]:
    def find(story: _Story) -> list[Moment]:
        table = story.batch.frames.signals
        chosen = table["kind"].fillna("").str.startswith(("guardrail", "objective")) == flags
        rows = table[chosen].to_dict("records")
        return [_placed(story, row, str(row["kind"]).replace("_", " ")) for row in rows]

    return find


def _perceptions(story: _Story) -> list[Moment]:
    rows = story.batch.frames.perceptions.assign(name=story.batch.frames.perceptions["content"])
    return [_placed(story, row, str(row["kind"])) for row in rows.to_dict("records")]


def _placed(story: _Story, row: dict[Any, Any], note: str) -> Moment:
    at = _known(row["offset_s"])
    turn = story.turn_at(at) if at is not None else None
    return Moment(turn, at, note, short(str(row["name"]) if isinstance(row["name"], str) else ""))


_KINDS: tuple[tuple[str, str, Callable[[_Story], list[Moment]]], ...] = (
    ("slow", "Slowest answers", _slow),
    ("user_breaks", "Interruptions by the user", _breaks("user")),
    ("assistant_breaks", "Interruptions by the assistant", _breaks("assistant")),
    ("silences", "Longest silences", _silences),
    ("monologues", "Longest monologues", _monologues),
    ("lows", "Low points of the mood", _lows),
    ("turning", "Turning points of the mood", _turning),
    ("repairs", "Repairs by the user", _said([REPAIR], user=True)),
    ("apologies", "Apologies and failures", _said([APOLOGY, FAILURE], user=False)),
    ("user_questions", "Questions by the user", _said([QUESTIONS], user=True)),
    ("assistant_questions", "Questions by the assistant", _said([QUESTIONS], user=False)),
    ("tools", "Tool calls", _tools),
    ("flags", "Guardrails and objectives", _signals(flags=True)),
    ("signals", "Other signals", _signals(flags=False)),
    ("perceptions", "Perception reports", _perceptions),
)
