"""The dashboard as a report: what the summary pages show for a filter, in one document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from cvi.analysis import changes, oddities, summary_weeks
from cvi.analysis.filter_words import described, period
from cvi.analysis.summary_waits import HUMAN_SOURCE
from cvi.analysis.units import shown_change
from cvi.errors import NotFound
from cvi.exports.report import Block, Point, Report, Section, Table, Text
from cvi.selection.filters import Filters, zone_of
from cvi.store import queries
from cvi.ui import boards, report_parts, topic_boards, topic_table, turn_taking_board, workbench

_MOST_TOPICS = 20
_MOST_QUOTES = 6
_LOOKED_INTO = 3  # topics with their trend and quotations


def dashboard(filters: Filters, moment: datetime) -> Report:
    """The report of the conversations a filter selects, as of `moment`.

    Raises NotFound when it selects none.
    """
    frame = workbench.chosen(filters)
    if frame.empty:
        raise NotFound(
            "No conversation matches the filter, so there is nothing to report.",
            hint="Widen or clear the filter.",
        )
    overview, mood = boards.overview(filters), boards.sentiment(filters)
    score, topics = boards.quality(filters), topic_boards.topics(filters, "lexicon")
    turns = turn_taking_board.turn_taking(filters)
    every = (overview, mood, score, turns, topics)
    counts = {name: n for board in every for name, n in board.counts.items()}
    n = len(frame)
    lines = [f"{n:,} conversation{'s' if n != 1 else ''}{_span(frame)}"]
    if overview.undated:
        lines.append(f"{overview.undated:,} have no date and are in no chart over time.")
    now = moment.astimezone(zone_of(filters.zone))
    return Report(
        title="Conversation dashboard",
        scope=f"Filter: {described(filters)}",
        stamp=report_parts.stamp(now),
        lines=(*lines, report_parts.stamp(now)),
        sections=(
            _overview(overview),
            *_changes(frame, now.date()),
            _standouts(overview, frame),
            _sentiment(mood),
            _quality(filters, score),
            _turn_taking(filters, turns),
            _topics(filters, topics),
            report_parts.definitions(counts),
        ),
    )


def _span(frame: pd.DataFrame) -> str:
    known = frame["started_at"].dropna()
    if known.empty:
        return ""
    first, last = known.min(), known.max()
    return f", {first.day} {first:%b %Y} to {last.day} {last:%b %Y} ({first.tzinfo})"


def _overview(board: boards.Overview) -> Section:
    spread = f"median and middle half per {board.step}"
    words = {
        "volume": (f"Conversations per {board.step}", "By how they ended."),
        "response_time": (boards.WAITS[board.wait], f"Until the assistant answers; {spread}."),
        "quality": ("Quality", f"Points of 100; {spread}."),
        "sentiment": (f"Sentiment by {board.by}", "Of the user, -1 to +1; median, middle half, n."),
    }
    pictures = report_parts.charts(board, words)
    return Section("Overview", (report_parts.facts(board.tiles), *pictures))


def _changes(frame: pd.DataFrame, today: date) -> list[Section]:
    """The last full week against the weeks before it, where there is one."""
    weeks = summary_weeks.last_full(frame, today)
    if weeks is None:
        return []
    found = changes.changed(frame, *weeks)
    span = f"Last full week, {period(weeks[0])}, against {period(weeks[1])}."
    told = Text(f"{span} {found.told}", quiet=True)
    if not found.found:
        return [Section("What changed", (told,))]
    rows = tuple((each.sentence, f"{each.n:,}", f"{each.n_before:,}") for each in found.found)
    columns = ("In words", "n", "n before")
    return [Section("What changed", (told, Table(columns, rows, (6, 0.6, 0.9), columns[1:])))]


def _odd(frame: pd.DataFrame) -> list[Block]:
    found = oddities.oddest(frame, limit=5).merge(frame, on="conversation_id")
    if found.empty:
        return []
    called = found["title"].where(found["title"].notna(), found["conversation_id"])
    rows = tuple(zip(called.astype(str), found["reason"].astype(str), strict=True))
    return [Table(("Conversation", "Reason"), rows, (2, 5), title="The oddest ones")]


def _standouts(board: boards.Overview, frame: pd.DataFrame) -> Section:
    blocks: list[Block] = []
    for title, rows in (("Read these first", board.worst), ("Learn from these", board.best)):
        if rows.empty:
            continue
        worst = rows is board.worst
        kind = "Lowest" if worst else "Highest"
        told = f"{kind} quality, and what sets them apart."
        blocks.append(Text(told, quiet=True, title=title))
        spoken = _telling(rows["conversation_id"].tolist(), lowest=worst)
        for each in rows.to_dict("records"):
            turn = spoken.get(each["conversation_id"])
            quotes = () if turn is None else (report_parts.quote(turn, note=_mood(turn)),)
            day = "" if pd.isna(each["started"]) else f" · {each['started']:%Y-%m-%d}"
            heading = f"{each['quality']:.0f} · {each['conversation']}"
            reason = each["reason"] if isinstance(each["reason"], str) else ""
            who = each["persona"] if isinstance(each["persona"], str) else "persona unknown"
            blocks.append(Point(heading, reason, quotes, f"{who}{day}"))
    blocks += _odd(frame)
    if not blocks:
        blocks.append(Text("No conversation has a score: it takes 4 turns, 2 of them the user's."))
    return Section("Conversations that stand out", tuple(blocks))


def _telling(ids: list[str], *, lowest: bool) -> dict[str, dict[str, object]]:
    """For each conversation the user's turn of the lowest (or highest) sentiment."""
    here = workbench.ports()
    turns = queries.table_rows(here.engine, "turns", ids, workspace=here.workspace)
    mine = turns[(turns["role"] == "user") & turns["sentiment_score"].notna()]
    order = mine.sort_values(["sentiment_score", "idx"], ascending=[lowest, True], kind="stable")
    rows = order.drop_duplicates("conversation_id").to_dict("records")
    return {str(row["conversation_id"]): {str(k): v for k, v in row.items()} for row in rows}


def _mood(turn: Mapping[Any, Any]) -> str:
    return f"sentiment {report_parts.signed(turn['sentiment_score'])}"


def _sentiment(board: boards.Sentiment) -> Section:
    along = f"{board.told} Median and middle half of {board.followed:,} conversations.".strip()
    words = {
        "trajectory": ("Along the conversation", along),
        "distribution": ("Distribution", "Mean of the user's turns, per conversation."),
        "start_to_end": (
            f"Start to end, by {board.by}", "First and last 30 % of the way; most fallen first.",
        ),
        "by_topic": (
            "Sentiment by topic", "The topics most often discussed; median, middle half, and n.",
        ),
        "by_week": (f"Sentiment per {board.step}", "Median and middle half."),
    }  # fmt: skip
    blocks: list[Block] = [
        report_parts.facts(board.tiles), *report_parts.charts(board, words)
    ]  # fmt: skip
    if board.lowest:
        told = "By the user; in grey what the assistant had said just before."
        blocks.append(Text(told, quiet=True, title="Most negative turns"))
    for each in board.lowest[:_MOST_QUOTES]:
        persona = each["persona"] if isinstance(each.get("persona"), str) else ""
        blocks.append(
            report_parts.quote(each, note=_mood(each), before=each.get("before"), who=persona)
        )
    return Section("Sentiment", tuple(blocks))


def _quality(filters: Filters, board: boards.Quality) -> Section:
    words = {
        "distribution": ("Distribution", "High from 70, medium from 40."),
        "parts": ("The four parts", "Points of 100; median, middle half. In brackets: weight."),
        "costs": ("What costs points", board.told or "Points lost by each item of the score."),
        "by_group": (f"Quality by {board.by}", "Median, middle half, and n."),
        "by_week": (f"Quality per {board.step}", "Median and middle half."),
        "by_group_and_week": (
            f"Quality by {board.by} and {board.step}",
            "Median score, red at 40 and below, green from 90.",
        ),
    }
    against = [
        report_parts.picture(
            boards.against(filters, name), f"Quality against {title[:1].lower()}{title[1:]}",
            "One dot per conversation.", half=True,
        )
        for name, (title, _, _) in boards.SCATTER.items()
    ]  # fmt: skip
    bands = ", ".join(f"{n:,} {name}" for name, n in board.bands.items())
    told = Text(
        f"By band: {bands}. The score counts signs of the user's satisfaction and effort in the "
        "words; it does not know whether what was said is correct.",
        quiet=True,
    )
    facts = report_parts.facts(board.tiles)
    return Section("Quality", (facts, told, *report_parts.charts(board, words), *against))


def _turn_taking(filters: Filters, board: turn_taking_board.TurnTaking) -> Section:
    wait, monologue = board.wait.label, "Conversations; red from a minute."
    words = {
        "ecdf": (
            f"{wait}: how many answers come in time",
            f"All answers pooled, up to each limit. Grey: gaps between people ({HUMAN_SOURCE}).",
        ),
        "waits": (f"{wait} per {board.step}", "Median, p90 and p95 over all answers."),
        "talk": ("Who talks", board.told or "The user's share of the talk."),
        "floor": (
            "The floor along the call",
            "Share of the conversations in which one side speaks over 60 % of each tenth.",
        ),
        "floor_map": (
            f"The floor by {board.by}", "Blue: users speak more, orange: the assistant does."
        ),
        "interruptions": (
            f"Interruptions by {board.by}", "A minute of conversation, by the side that cuts in."
        ),
        "silences": ("Longest silence", "Conversations; red from 10 s."),
        "user_monologues": ("Longest monologue of the user", monologue),
        "assistant_monologues": ("Longest monologue of the assistant", monologue),
    }  # fmt: skip
    chart, told = turn_taking_board.longest(filters, "group")
    about = told or "From the median (dot) to the p95 (line) of all answers."
    longest = report_parts.picture(chart, "Where users wait longest", about, half=True)
    pictures = report_parts.charts(board, words)
    return Section("Turn-taking", (report_parts.facts(board.tiles), *pictures, longest))


def _topics(filters: Filters, board: topic_boards.Topics) -> Section:
    about = Text(topic_table.about("lexicon", board), quiet=True)
    if not board.names:
        return Section("Topics", (about,))
    columns = ("Topic", "Share", "n", "Quality", "vs rest", "Sentiment", "vs rest ", "Repairs")
    rows = tuple(_topic_row(each) for each in board.ranked.head(_MOST_TOPICS).to_dict("records"))
    table = Table(columns, rows, (2.4, 1, 1, 1, 1, 1, 1, 1), right=columns[1:])
    blocks: list[Block] = [about, table]
    for name in board.names[:_LOOKED_INTO]:
        found = topic_boards.topic(filters, "lexicon", name)
        title = f"{name[:1].upper()}{name[1:]} per {board.step}"
        blocks.append(report_parts.picture(found.trend, title, "Share of all conversations."))
        for each in found.quotes:
            persona = each["persona"] if isinstance(each.get("persona"), str) else ""
            blocks.append(report_parts.quote(each, who=persona))
    return Section("Topics", tuple(blocks))


def _topic_row(row: dict[object, object]) -> tuple[str, ...]:
    cell = report_parts.cell

    def versus(name: str, unit: str) -> str:
        value = row[name]
        return "—" if pd.isna(value) else shown_change(float(value), unit)  # type: ignore[call-overload, arg-type]

    return (
        str(row["topic"]),
        f"{100 * float(row['share']):.0f} %",  # type: ignore[arg-type]
        cell(row["n"], ",d"),
        cell(row["quality"], ".0f"),
        versus("quality_vs_rest", ""),
        cell(row["sentiment"], "+.2f"),
        versus("sentiment_vs_rest", "score"),
        cell(row["repair"], ".1f"),
    )
