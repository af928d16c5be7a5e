"""The plans: shares, tags and people."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from cvi.demo import plan
from cvi.demo.material import load
from cvi.demo.plan import KINDS, TIMINGS
from cvi.demo.schedule import bad_week
from cvi.resources import resource

if TYPE_CHECKING:
    from conftest import Demo

END = date(2026, 9, 20)


def test_plans_are_the_same_for_the_same_arguments() -> None:
    assert plan(end=END, days=20, count=30) == plan(end=END, days=20, count=30)


def test_identities_are_unique(demo: Demo) -> None:
    assert len({each.conversation_id for each in demo.plans}) == 500


def test_plans_are_in_order_of_time(demo: Demo) -> None:
    starts = [each.start for each in demo.plans]
    assert starts == sorted(starts)


def test_kinds_have_their_share(demo: Demo) -> None:
    kinds = Counter(each.kind for each in demo.plans)
    assert set(kinds) == set(KINDS)
    assert (kinds["never_spoke"], kinds["nobody_came"], kinds["failed"]) == (18, 8, 5)
    assert kinds["lecture"] == 25


def test_tiers_have_their_share(demo: Demo) -> None:
    tiers = Counter(each.timing for each in demo.plans)
    assert {tier: tiers[tier] for tier in TIMINGS} == {
        "speaking": 250,
        "ends": 125,
        "starts": 50,
        "none": 75,
    }


def test_the_confusing_topic_is_spread_over_time(demo: Demo) -> None:
    tagged = [each for each in demo.plans if "confusing_topic" in each.tags]
    assert 40 <= len(tagged) <= 50
    assert all(each.topics.count("usage_billing") == 1 for each in tagged)
    assert len({each.start.date().isocalendar().week for each in tagged}) >= 11
    others = [each for each in demo.plans if "confusing_topic" not in each.tags]
    assert not any("usage_billing" in each.topics for each in others)


def test_the_bad_week_is_mostly_bad(demo: Demo) -> None:
    first, last = bad_week(end=END, days=90)
    inside = [each for each in demo.plans if first <= each.start.date() <= last]
    tagged = [each for each in inside if "bad_week" in each.tags]
    assert {each.conversation_id for each in tagged} == demo.tagged("bad_week")
    assert 0.5 <= len(tagged) / len(inside) <= 0.65
    outside = [each for each in demo.plans if each not in inside and each.kind == "talk"]
    assert sum(each.mood == "negative" for each in outside) / len(outside) < 0.1


def test_a_lecture_is_mostly_the_enterprise_mentors(demo: Demo) -> None:
    personas = Counter(each.persona for each in demo.plans if "one_sided" in each.tags)
    assert personas["enterprise"] / personas.total() > 0.5


def test_calls_are_made_in_working_hours(demo: Demo) -> None:
    weekend = sum(each.start.weekday() > 4 for each in demo.plans)
    assert weekend < 35
    assert all(7 <= each.start.hour <= 22 for each in demo.plans)


def test_nobody_is_called_like_someone_they_talk_about(demo: Demo) -> None:
    segments = load().segments
    for each in demo.plans:
        for key in each.cast.segments if each.cast else ():
            assert each.person not in segments[key].words


def test_every_planted_problem_is_described() -> None:
    text = resource("demo/planted.toml").read_text(encoding="utf-8")
    problems = tomllib.loads(text)["problem"]
    described = {each["tag"] for each in problems}
    assert described == {tag for each in plan(end=END) for tag in each.tags}
    assert len({each["id"] for each in problems}) == len(problems)
    keys = {"id", "tag", "sentence", "group", "value", "metric", "direction"}
    assert all(set(each) == keys for each in problems)
