"""Casting: nothing contradicts itself, nothing is used much more than the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cvi.demo.casting import suits
from cvi.demo.material import Segment, load

if TYPE_CHECKING:
    from conftest import Demo

    from cvi.demo import Plan


def _segments(each: Plan) -> list[Segment]:
    return [load().segments[key] for key in each.cast.segments] if each.cast else []


def test_no_segment_is_used_more_than_three_times_the_average(demo: Demo) -> None:
    uses = Counter(key for each in demo.plans if each.cast for key in each.cast.segments)
    # A sad story of one trade may find no call to be told in.
    assert len(uses) >= 0.97 * len(load().segments)
    assert max(uses.values()) <= 3 * uses.total() / len(uses)


def test_no_segment_comes_twice_in_a_conversation(demo: Demo) -> None:
    for each in demo.plans:
        keys = each.cast.segments if each.cast else ()
        assert len(set(keys)) == len(keys)


def test_talks_have_two_to_four_segments(demo: Demo) -> None:
    lengths = {len(_segments(each)) for each in demo.plans if each.kind == "talk"}
    assert lengths == {2, 3, 4}


def test_a_conversation_is_about_one_company(demo: Demo) -> None:
    for each in demo.plans:
        segments = _segments(each)
        assert len({world for segment in segments for world in segment.worlds}) <= 1
        assert len({segment.cofounder for segment in segments} - {None}) <= 1
        assert not {"fundraising", "runway_and_burn"} <= set(each.topics)
        assert all(each.persona in segment.personas for segment in segments)


def test_a_greeting_fits_the_hour_and_the_story(demo: Demo) -> None:
    for each in demo.plans:
        if each.cast is None:
            continue
        opening = load().openings[each.cast.opening]
        assert suits(opening, each.start)
        assert not (opening.first_meeting and any(one.returning for one in _segments(each)))


def test_a_topic_is_repeated_once_in_a_while(demo: Demo) -> None:
    talks = [each for each in demo.plans if each.kind == "talk" and not each.tags]
    again = sum(len(each.topics) < len(_segments(each)) for each in talks)
    assert 0.05 < again / len(talks) < 0.4
