"""Every planted problem is found by the same queries and summaries that the pages use."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cvi.analysis import (
    changes,
    oddities,
    summary,
    summary_quality,
    summary_topics,
    summary_turn_taking,
    summary_waits,
    summary_weeks,
)
from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports, open_ports
from cvi.demo.plan import plan
from cvi.demo.schedule import bad_week
from cvi.jobs import topics
from cvi.jobs.demo import load
from cvi.jobs.settle import settle_all
from cvi.resources import resource
from cvi.selection.filters import Filters
from cvi.settings import load_settings
from cvi.store import failures, queries

END = date(2026, 9, 20)
pytestmark = pytest.mark.xdist_group("planted")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """The whole demo, loaded and settled as `cvi demo` does it."""
    ports = open_ports(load_settings({}, data_dir=tmp_path_factory.mktemp("demo")))
    load(ports, end=END)
    settle_all(ports)
    topics.refresh(ports)
    return ports


@pytest.fixture(scope="module")
def frame(demo: Ports) -> pd.DataFrame:
    """The frame every dashboard computes on."""
    return queries.load_metrics(demo.engine, workspace=demo.workspace, names=tuple(METRICS))


def test_the_demo_is_all_there(demo: Ports, frame: pd.DataFrame) -> None:
    assert len(frame) == 500
    assert failures.groups(demo.engine, workspace=demo.workspace)["n"].sum() == 3
    assert frame["persona"].nunique() == 5


def test_the_slow_persona_stands_out_by_response_time(frame: pd.DataFrame) -> None:
    by = summary.by_group(frame, "response_time_p50")
    assert by.index[0] == "healthtech"
    assert by["median"].iloc[0] > 2 * by["median"].iloc[1]


def test_the_bad_week_is_the_lowest_of_the_trends(frame: pd.DataFrame) -> None:
    monday, _ = bad_week(end=END, days=90)
    for name in ("user_sentiment", "quality"):
        weeks = summary.by_week(frame, name)
        full = weeks[weeks["n"] >= 10]
        assert full["median"].idxmin().date() == monday, name


def test_the_slow_persona_waits_longest_over_all_answers(frame: pd.DataFrame) -> None:
    wait = summary_waits.measured(frame)
    found = summary_waits.by_group(frame, wait)
    assert found.index[0] == "healthtech"
    assert found["p50"].iloc[0] > 2 * found["p50"].iloc[1]
    said = summary_waits.told(found, summary_waits.overall(frame, wait))
    assert said.startswith("Longest with healthtech")
    curves = summary_waits.ecdf_by_group(frame, wait)
    within_2_s = curves[curves["limit"] == 2].set_index("group")["share"]
    assert within_2_s.idxmin() == "healthtech"


def test_the_worst_week_is_the_bad_one_and_the_mood_is_why(frame: pd.DataFrame) -> None:
    monday, _ = bad_week(end=END, days=90)
    found = summary_weeks.ranked(frame)
    assert found.index[0].date() == monday
    said = summary_weeks.worst(found)
    assert "was worst" in said
    assert "user sentiment" in said


def test_what_changed_in_the_bad_week_is_said_with_its_evidence(
    demo: Ports, frame: pd.DataFrame
) -> None:
    monday, _ = bad_week(end=END, days=90)
    now = Filters(since=monday, until=monday + timedelta(days=6))
    before = Filters(since=monday - timedelta(days=28), until=monday - timedelta(days=1))
    rows = queries.topic_rows(demo.engine, workspace=demo.workspace)
    topics_ = summary_topics.of(rows, frame, "lexicon")
    found = changes.changed(frame, now, before, topics_).found
    mood = next(each for each in found if each.metric == "user_sentiment" and not each.group)
    assert mood.better is False
    assert mood.sentence.startswith("User sentiment fell")
    for each in found:
        listed = queries.matching_ids(demo.engine, each.filters, workspace=demo.workspace)
        assert len(listed) == each.n
        assert set(each.conversations) <= set(listed)


def test_lectures_are_the_longest_monologues_and_among_the_oddest(frame: pd.DataFrame) -> None:
    lectures = {each.conversation_id for each in plan(end=END) if "one_sided" in each.tags}
    told = summary_turn_taking.monologues(frame)
    flagged = told[told["flagged"] & (told["side"] == "assistant")]
    assert flagged["n"].sum() > 0
    long = frame[frame["longest_assistant_monologue_s"] >= flagged["low"].min()]
    assert set(long["conversation_id"]) <= lectures
    odd = oddities.oddness(frame).set_axis(frame["conversation_id"]).dropna()
    assert odd[odd.index.isin(lectures)].median() > 2 * odd[~odd.index.isin(lectures)].median()
    assert set(oddities.oddest(frame)["conversation_id"]) & lectures


def test_the_path_and_the_costs_agree_with_the_turns_and_the_score(
    demo: Ports, frame: pd.DataFrame
) -> None:
    lost = summary_quality.lost(frame).sum(axis=1, min_count=1)
    pd.testing.assert_series_equal(lost, 100 - frame["quality"], check_names=False)
    turns = queries.table_rows(demo.engine, "turns", None, workspace=demo.workspace)
    last = turns.groupby("conversation_id")["idx"].transform("max")
    part = (turns["idx"] * 10 // (last + 1)).rename("part")
    said = turns[(turns["role"] == "user") & turns["sentiment_score"].notna()]
    path = said.groupby(["conversation_id", part])["sentiment_score"].mean().unstack("part")
    known = frame.set_index("conversation_id")
    for at in range(10):
        expected = path[at].reindex(known.index)
        pd.testing.assert_series_equal(
            known[f"mood_{at + 1}"], expected, check_names=False, check_index=False
        )


def test_one_sided_calls_have_the_lowest_talk_share(frame: pd.DataFrame) -> None:
    lectures = {each.conversation_id for each in plan(end=END) if "one_sided" in each.tags}
    shares = frame.set_index("conversation_id")["user_word_share"].dropna()
    shares = shares[shares > 0]  # without the calls in which nobody spoke
    lowest = shares.nsmallest(len(lectures)).index
    assert len(lectures) >= 20
    assert set(lowest) == lectures
    enterprise = frame[frame["conversation_id"].isin(lectures)]["persona"].eq("enterprise").mean()
    assert enterprise > 0.5


def test_the_confusing_topic_has_the_most_repairs(demo: Ports, frame: pd.DataFrame) -> None:
    rows = queries.topic_rows(demo.engine, workspace=demo.workspace)
    found = summary_topics.of(rows, frame, "lexicon")
    ranked = summary_topics.ranked(found, frame).set_index("topic")
    common = ranked[ranked["n"] >= 20]
    assert common["repair"].idxmax() == "usage billing"
    assert common.at["usage billing", "repair"] > 2 * frame["user_repair_rate"].mean()
    assert common["quality_vs_rest"].idxmin() == "usage billing"
    assert common["quality_q"].idxmin() == "usage billing"
    assert common.at["usage billing", "quality_q"] < 0.001


def test_calls_without_a_user_show_as_outcomes_and_can_be_listed(
    demo: Ports, frame: pd.DataFrame
) -> None:
    planned = pd.Series([each.kind for each in plan(end=END)]).value_counts()
    counts = frame["outcome"].value_counts()
    for outcome in ("never_spoke", "nobody_came", "failed"):
        assert counts[outcome] == planned[outcome]
        listed = queries.matching_ids(
            demo.engine, Filters(outcomes=(outcome,)), workspace=demo.workspace
        )
        assert len(listed) == counts[outcome]
    silent = frame[frame["outcome"] == "never_spoke"]
    assert (silent["user_turns"] == 0).all()
    assert silent["quality"].isna().all()


def test_every_planted_problem_has_a_test_here() -> None:
    with resource("demo/planted.toml").open("rb") as file:
        problems: list[dict[str, Any]] = tomllib.load(file)["problem"]
    tested = Path(__file__).read_text(encoding="utf-8")
    shown_by = {"bad_week_quality": "quality"}  # the same week, seen by another metric
    names = {each["id"] for each in problems}
    assert len(names) == 8
    assert all(shown_by.get(name, name) in tested for name in names)
