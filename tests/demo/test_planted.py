"""Every planted problem is found by the same queries and summaries that the pages use."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cvi.analysis import summary, summary_topics
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
