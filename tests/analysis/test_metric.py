"""The registry of metrics and what a definition must hold."""

from __future__ import annotations

import numpy as np
import pytest

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import BETTER, NEEDS, metric, offered, tenths

FAMILIES = {
    "participation", "timing", "turn_taking", "repair", "outcome", "sentiment", "quality",
}  # fmt: skip


EXPECTED = """
turns user_turns assistant_turns user_words assistant_words words_per_user_turn
words_per_assistant_turn short_user_turn_share user_word_share user_talk_share
user_talk_share_of_call imbalance turn_entropy longest_user_turn_words
longest_assistant_turn_words longest_assistant_monologue_s longest_user_monologue_s
user_question_rate assistant_question_rate interactivity switches_per_100_words
duration_s response_time_p50 response_time_p90 response_time_p95 response_time_max
response_time_n response_time_dropped reply_gap_p50 reply_gap_p95 user_think_time_p50 silence_s
silences longest_silence_s silence_share user_speaking_rate assistant_speaking_rate
time_to_first_user_word clock_anomalies longest_stall_s
user_interruptions assistant_interruptions backchannels overlap_share floor_dominance
user_repair_rate user_repair_per_min assistant_repair_rate assistant_apology_rate
assistant_repetition user_thanks_rate completed user_spoke duration_of_max tool_calls
tool_success_share guardrail_triggers objectives_completed user_sentiment worst_user_turn
positive_user_share negative_user_share sentiment_change sentiment_slope quality_engagement
quality_depth quality_balance quality_satisfaction quality
"""

DETAILS = """
mood_start mood_end user_speech_s assistant_speech_s reply_gap_n reply_gap_max user_content_words
assistant_content_words word_variety late_apology_share word_balance turn_balance
responses_within_0_2 responses_within_0_5 responses_within_1 responses_within_1_5
responses_within_2 responses_within_3 responses_within_5 responses_within_10
replies_within_1 replies_within_2 replies_within_5 replies_within_10 replies_within_20
replies_within_30 replies_within_45 replies_within_60 replies_within_90 replies_within_120
replies_within_180 replies_within_300 replies_within_600 replies_within_900 replies_within_3600
lost_words_per_user_turn lost_distinct_content_words_of_the_user lost_short_user_turns lost_turns
lost_distinct_content_words_of_the_assistant lost_words_per_assistant_turn
lost_variety_of_the_assistants_words lost_repeated_assistant_turns lost_word_balance
lost_turn_balance lost_user_sentiment lost_thanks_and_praise lost_negative_user_turns
lost_user_repairs lost_late_apologies
"""
SERIES = ("mood", "floor", "response_time_max", "reply_gap_max")


def test_every_metric_named_in_the_design_is_registered():
    assert sorted(offered()) == sorted(EXPECTED.split())


def test_every_figure_behind_another_is_registered_as_a_detail():
    series = [name for each in SERIES for name in tenths(each)]
    assert sorted(set(METRICS) - set(offered())) == sorted([*DETAILS.split(), *series])


def test_names_are_identifiers_that_need_no_quotes():
    assert all(name.isidentifier() and name == name.lower() for name in METRICS)
    assert max(map(len, METRICS)) <= 63  # PostgreSQL cuts longer ones


@pytest.mark.parametrize("name", METRICS)
def test_definition_is_complete(name):
    found = METRICS[name]
    assert found.name == name
    for text in (found.label, found.unit, found.formula, found.source, found.absent):
        assert text.strip(), (name, found)
    assert len(found.formula) > 15
    assert found.family in FAMILIES
    assert found.needs in NEEDS
    assert found.better in BETTER
    assert found.version >= 1
    low, high = found.range
    assert high is None or low < high
    assert callable(found.compute)


def test_labels_are_unique_within_their_unit():
    seen = [(each.label, each.unit) for each in METRICS.values()]
    assert len(seen) == len(set(seen))


def test_reply_gap_says_that_it_contains_the_speaking_itself():
    assert "includes the time the user spoke or typed" in METRICS["reply_gap_p50"].formula


def test_decorator_returns_the_function_unchanged_and_refuses_bad_definitions():
    def compute(batch):
        """Something."""
        return np.zeros(len(batch))

    given = {"family": "f", "source": "s", "absent": "a"}
    with pytest.raises(ValueError, match="twice"):
        metric("turns", "Turns", "turns", **given)(compute)
    with pytest.raises(ValueError, match="unknown need"):
        metric("x", "X", "s", needs="magic", **given)
    compute.__doc__ = None
    with pytest.raises(ValueError, match="no formula"):
        metric("x", "X", "s", **given)(compute)
    assert METRICS["turns"].compute.__name__ == "turns"
