"""The two reports: what is in them, for every state of the store, and the menu that makes them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import offered
from cvi.bootstrap import open_ports, settings_here
from cvi.errors import NotFound
from cvi.exports.report import Facts, Picture, Point, Quote, Table, Text
from cvi.exports.report_html import to_html
from cvi.exports.report_pdf import to_pdf
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters
from cvi.store import facts
from cvi.ui import conversation_report, dashboard_report, opened, workbench

MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def use(stores, monkeypatch):
    """Work on one of the stores, as a page does."""

    def chosen(name):
        monkeypatch.setenv("CVI_DATA_DIR", str(stores.get(name, name)))
        st.cache_data.clear()
        st.cache_resource.clear()

    yield chosen
    st.cache_data.clear()
    st.cache_resource.clear()


def of(report, kind):
    return [block for part in report.sections for block in part.blocks if isinstance(block, kind)]


def titles(report):
    return [section.title for section in report.sections]


def test_the_dashboard_has_tiles_charts_quotations_and_definitions(use):
    use("normal")
    report = dashboard_report.dashboard(Filters(), MOMENT)
    assert titles(report) == [
        "Overview", "What changed", "Conversations that stand out", "Sentiment", "Quality",
        "Turn-taking", "Topics", "Definitions",
    ]  # fmt: skip
    assert report.scope == "Filter: all conversations"
    assert report.lines[0].startswith("60 conversations, ")
    assert report.lines[-1].startswith("As of 2026-03-01 12:30 UTC · CVI Workbench ")
    assert of(report, Facts)[0].items[0].value == "60"
    assert len(of(report, Picture)) >= 25
    assert all(picture.alt for picture in of(report, Picture))
    turns = set(_turns(workbench.ports())["text"])
    quotes = [quote for point in of(report, Point) for quote in point.quotes] + of(report, Quote)
    assert quotes
    assert all(quote.text.strip("“”").rstrip("…") in " ".join(turns) for quote in quotes)
    defined = {row[0] for row in report.sections[-1].blocks[-1].rows}
    assert {METRICS["quality"].label, METRICS["user_sentiment"].label} <= defined


def _turns(ports):
    from cvi.store import queries

    return queries.table_rows(ports.engine, "turns", None, workspace=ports.workspace)


def test_a_filter_is_printed_and_counted(use):
    use("normal")
    persona = workbench.conversations()["persona"].dropna().iloc[0]
    report = dashboard_report.dashboard(Filters(personas=(persona,)), MOMENT)
    n = int((workbench.conversations()["persona"] == persona).sum())
    assert report.scope == f"Filter: Persona: {persona}"
    assert report.lines[0].startswith(f"{n} conversation")


@pytest.mark.parametrize("name", ["tiny", "untimed", "normal"])
def test_a_dashboard_of_every_store_is_written_both_ways(use, name):
    use(name)
    report = dashboard_report.dashboard(Filters(), MOMENT)
    assert to_pdf(report).startswith(b"%PDF-")
    page = to_html(report).decode()
    assert "not measurable" in page or name == "normal"
    assert not re.search(r">[^<]*\b(nan|None|NaT)\b[^<]*<", page.partition("<main>")[2])


def test_nothing_to_report_is_said(use):
    use("empty")
    with pytest.raises(NotFound, match="nothing to report"):
        dashboard_report.dashboard(Filters(), MOMENT)


def test_a_conversation_has_its_score_points_metrics_and_transcript(use):
    use("normal")
    ids = workbench.conversations()["conversation_id"]
    found = next(c for name in ids if len((c := opened.conversation(name)).insights) > 1)
    report = conversation_report.conversation(found, MOMENT)
    metrics, transcript = report.sections[-2:]
    rows = [row for table in metrics.blocks if isinstance(table, Table) for row in table.rows]
    assert len(rows) == len(offered())
    assert all(row[2].startswith("not measurable: ") == (row[1] == "—") for row in rows)
    assert len(transcript.blocks[0].rows) == len(found.turns)
    said = " ".join(found.turns["text"].fillna("").str.split().str.join(" "))
    quotes = [quote for point in of(report, Point) for quote in point.quotes]
    assert quotes
    assert all(quote.text.strip("“”").rstrip("…") in said for quote in quotes)
    assert found.id in report.lines[0]
    short = conversation_report.conversation(found, MOMENT, transcript=False)
    assert titles(short) == titles(report)[:-1]
    assert to_pdf(report).startswith(b"%PDF-")


@pytest.mark.parametrize("count", [0, 1, 200])
def test_conversations_of_every_length_are_reported(use, tmp_path, count):
    roles = ["user", "assistant"] * (count // 2 + 1)
    said = [
        {"role": role, "content": f"turn {n} #*$ <b> مرحبا {'word ' * 9}"}
        for n, role in enumerate(roles[:count])
    ]
    bodies = [
        {"event_type": "system.replica_joined", "properties": {"replica_id": "r"}},
        {"event_type": "application.transcription_ready", "properties": {"transcript": said}},
    ]
    ports = open_ports(settings_here({}, data_dir=tmp_path))
    raw = [json.dumps({**body, "conversation_id": "c-<1>"}).encode() for body in bodies]
    made = [facts.incoming(body, source="file", live=False) for body in raw]
    facts.append(ports.engine, made[: 2 if count else 1], workspace=ports.workspace)
    settle_all(ports)
    ports.engine.dispose()
    use(tmp_path)
    report = conversation_report.conversation(opened.conversation("c-<1>"), MOMENT)
    if not count:
        nobody = [block.text for block in of(report, Text) if "Nobody" in block.text]
        assert len(nobody) == 2
    assert to_pdf(report).startswith(b"%PDF-")
    page = to_html(report).decode()
    assert "c-&lt;1&gt;" in page
    assert page.count("turn 1") == (0 if count < 2 else page.count("turn 1"))


def test_the_menu_makes_a_report_and_hands_it_out(open_page):
    at = open_page("overview", "normal")
    assert not [b for b in at.get("download_button") if "Save" in b.proto.label]
    at.session_state["report-menu"] = True
    at.run()
    at.button(key="make-report-html").click().run()
    assert not at.exception
    saved = [b.proto.label for b in at.get("download_button") if b.proto.label.startswith("Save")]
    assert saved
    assert saved[0].startswith("Save HTML (")
