"""One conversation as a report: what happened, what it measures to and why, with its own words."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

import pandas as pd

from cvi.analysis import moments
from cvi.analysis.analyse import METRICS
from cvi.analysis.insights import SLOW_S
from cvi.analysis.metric import offered
from cvi.analysis.quality import WEIGHTS
from cvi.charts import waits
from cvi.charts.canvas import alt_of
from cvi.charts.chart import Chart
from cvi.charts.lanes import BASES, basis
from cvi.charts.palette import GOOD, USER
from cvi.charts.spans import clock
from cvi.exports.chartfile import stamped
from cvi.exports.report import (
    Block,
    Fact,
    Facts,
    Meter,
    Meters,
    Picture,
    Point,
    Report,
    Section,
    Table,
    Text,
)
from cvi.ui import opened, report_parts, tables
from cvi.ui.opened import Opened

_FIGURES = (
    "duration_s", "turns", "user_word_share", "response_time_p50", "response_time_p95",
    "silence_share", "user_sentiment", "sentiment_change", "user_interruptions", "user_repair_rate",
)  # fmt: skip
_MOST_MOMENTS = 8
_TOLD = ("insights", "tools")  # groups of moments the report has in a part of its own
_COLUMNS = ("Metric", "Value", "How it is computed, or why it could not be measured", "Version")


def conversation(found: Opened, moment: datetime, *, transcript: bool = True) -> Report:
    """The report of one conversation, as of `moment`; its transcript is left out if asked."""
    stamp = report_parts.stamp(moment)
    every = offered()
    known = sum(found.number(each) is not None for each in every)
    sections = [
        _summary(found),
        _timeline(found),
        _points(found),
        *_happenings(found),
        _metrics(
            found, f"{known} of {len(every)} metrics could be measured. A dash is not a zero."
        ),
    ]
    if transcript:
        sections.append(_transcript(found))
    return Report(
        title=found.word("title") or found.id,
        scope=" · ".join(_kind(found, moment.tzinfo)),
        stamp=stamp,
        lines=(f"Conversation {found.id}", stamp),
        sections=tuple(sections),
    )


def _kind(found: Opened, zone: tzinfo | None) -> list[str]:
    return [
        found.word("persona") or "persona unknown",
        (found.word("outcome") or "outcome unknown").replace("_", " "),
        _started(found, zone),
        *([f"language {language}"] if (language := found.word("language")) else []),
        *([f"topics {', '.join(found.topics[:4])}"] if found.topics else []),
    ]


def _started(found: Opened, zone: tzinfo | None) -> str:
    start = found.about.get("started_at")
    if start is None or pd.isna(start):
        return "start unknown"
    return stamped(pd.to_datetime(start, utc=True).tz_convert(zone or UTC))


def _summary(found: Opened) -> Section:
    score = found.number("quality")
    blocks: list[Block] = [Facts(tuple(_fact(found, name) for name in _FIGURES))]
    if score is None:
        why = tables.why(found, "quality")
        return Section("Summary", (*blocks, Text(f"Quality could not be measured: {why}.")))
    parts = []
    for part in WEIGHTS:
        points = found.number(f"quality_{part}")
        value = "not measurable" if points is None else f"{points:.0f} of 100"
        share = None if points is None else points / 100
        parts.append(Meter(f"{part.capitalize()} ({WEIGHTS[part]:.0%})", share, value, GOOD))
    total = Meter("Quality", score / 100, f"{score:.0f} of 100", USER)
    blocks.append(Meters((total, *parts)))
    lost = found.costs.head(5)
    if len(lost):
        rows = tuple(
            (f"−{points:.1f}", str(part), str(sentence))
            for points, part, sentence in zip(
                lost["points_lost"], lost["part"], lost["sentence"], strict=True
            )
        )
        columns = ("Points lost", "Part", "Why")
        blocks.append(Table(columns, rows, (1, 1.2, 5), right=("Points lost",)))
    return Section("Summary", tuple(blocks))


def _fact(found: Opened, name: str) -> Fact:
    metric, value = METRICS[name], found.number(name)
    if value is None:
        return Fact(tables.short(name), "—", f"{tables.NOT_MEASURABLE}: {tables.why(found, name)}")
    return Fact(tables.short(name), tables.figure(metric, value))


def _timeline(found: Opened) -> Section:
    if not (len(found.turns) or len(found.speaking)):
        return Section("Over time", (Text("Nobody is on record as having said anything."),))
    told = BASES[basis(found.turns, found.speaking)]
    drawn = opened.figure(found)
    figure = drawn.figure if isinstance(drawn, Chart) else drawn
    alt = f"Who spoke when in {len(found.turns):,} turns, and the user's sentiment"
    return Section("Over time", (Picture(figure, "Timeline", told, alt), *_waits(found)))


def _waits(found: Opened) -> list[Block]:
    """The wait for each answer, where it can be measured."""
    counted = [each for each in moments.waits(found.batch) if each.counted]
    if not counted:
        return []
    figure = waits.answers(
        [each.since for each in counted], [each.wait for each in counted], slow=SLOW_S
    )
    about = f"Seconds from the end of the user's turn to the answer; red over {SLOW_S:g} s."
    return [Picture(figure, "Response times", about, alt_of(figure))]


def _points(found: Opened) -> Section:
    rows = found.insights.sort_values("confidence", ascending=False).to_dict("records")
    blocks: list[Block] = [_point(found, {str(key): row[key] for key in row}) for row in rows]
    groups = moments.moments(found.batch, found.insights)
    blocks += [_group(each) for each in groups if each.name not in _TOLD]
    if missing := moments.unmeasured(found.batch):
        blocks.append(Text(missing, quiet=True))
    nothing = Text("Nothing stands out by the rules. That is no verdict on the conversation.")
    return Section("Points of interest", tuple(blocks) or (nothing,))


def _group(group: moments.Group) -> Table:
    rows = tuple(
        (
            "" if each.turn is None else str(each.turn + 1),
            "" if each.at is None else clock(each.at),
            each.side.capitalize(),
            each.text,
            each.note,
        )
        for each in group.moments[:_MOST_MOMENTS]
    )
    more = f", the first {len(rows)} of {group.count:,}" if group.count > len(rows) else ""
    columns = ("Turn", "Time", "Who", "What", "Figure")
    title = f"{group.label}{more or f' ({group.count})'}"
    return Table(columns, rows, (0.5, 0.7, 0.9, 4.5, 1.4), right=("Turn",), title=title)


def _point(found: Opened, row: dict[str, Any]) -> Point:
    name = str(row["kind"]).capitalize()
    sure = "" if pd.isna(row["confidence"]) else f"{row['confidence']:.0%} sure"
    turns = found.turns[found.turns["idx"].isin(row["evidence"])]
    quotes = tuple(
        report_parts.quote(turn, note=_score(turn)) for turn in turns.to_dict("records")[:8]
    )
    return Point(name, str(row["message"]), quotes, sure)


def _score(turn: dict[Any, Any]) -> str:
    at = "" if pd.isna(turn["offset_s"]) else f"at {clock(float(turn['offset_s']))}"
    score = turn.get("sentiment_score")
    mood = "" if score is None or pd.isna(score) else f"sentiment {report_parts.signed(score)}"
    return " · ".join(each for each in (at, mood) if each)


def _happenings(found: Opened) -> list[Section]:
    """Tools that were called, if any."""
    if found.tools.empty:
        return []
    rows = tuple(
        (
            "—" if pd.isna(row["offset_s"]) else clock(float(row["offset_s"])),
            report_parts.cell(row["name"]),
            report_parts.cell(row["status"]),
            report_parts.cell(row["arguments"])[:400],
            report_parts.cell(_outcome(row))[:400],
        )
        for row in found.tools.to_dict("records")
    )
    columns = ("Time", "Tool", "Status", "Arguments", "Result or problem")
    return [Section("Tool calls", (Table(columns, rows, (0.7, 1.4, 0.9, 2.4, 2.4)),))]


def _outcome(call: dict[Any, Any]) -> object:
    return call["problem"] if isinstance(call["problem"], str) else call["result"]


def _metrics(found: Opened, told: str) -> Section:
    families: dict[str, list[tuple[str, ...]]] = {}
    for name in offered():
        metric, value = METRICS[name], found.number(name)
        shown, note = "—", f"{tables.NOT_MEASURABLE}: {tables.why(found, name)}"
        if value is not None:
            shown, note = tables.shown(metric, value), metric.formula
        row = (metric.label, shown, note, str(metric.version))
        families.setdefault(metric.family, []).append(row)
    blocks = [
        Table(_COLUMNS, tuple(rows), (1.6, 1.1, 4.2, 0.6), title=_family(family))
        for family, rows in families.items()
    ]
    return Section("All metrics and their definitions", (Text(told, quiet=True), *blocks))


def _family(name: str) -> str:
    return name.replace("_", "-").capitalize()


def _transcript(found: Opened) -> Section:
    if found.turns.empty:
        return Section("Transcript", (Text("Nobody is on record as having said anything."),))
    rows = tuple(_turn(row) for row in found.turns.to_dict("records"))
    columns = ("#", "Time", "Who", "Said", "Sentiment")
    return Section("Transcript", (Table(columns, rows, (0.4, 0.7, 0.9, 5, 0.8), right=("#",)),))


def _turn(row: dict[Any, Any]) -> tuple[str, ...]:
    score = row.get("sentiment_score")
    return (
        str(int(row["idx"]) + 1),
        "" if pd.isna(row["offset_s"]) else clock(float(row["offset_s"])),
        str(row["role"]).capitalize() if isinstance(row["role"], str) else "Unknown",
        row["text"] if isinstance(row["text"], str) else "",
        "" if score is None or pd.isna(score) else report_parts.signed(score),
    )
