"""Repairs, apologies, repetition, thanks: the lexicons and the rates."""

from __future__ import annotations

import math

import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.repair import APOLOGY, FAILURE, LEXICONS, REPAIR, THANKS, repeats
from tests.analysis.build import talk, value


@pytest.mark.parametrize(
    ("lexicon", "texts"),
    [
        (REPAIR, ["what?", "Sorry?", "huh", "Pardon me?", "say that again", "what do you mean",
                  "I didn't catch that", "sorry, what was the price", "could you clarify",
                  "that's not what I meant", "you mean tomorrow?", "I don\u2019t understand",
                  "can you repeat that please"]),
        (APOLOGY, ["I'm sorry about the delay", "My apologies", "Unfortunately, it is gone",
                   "I apologise for that", "that was my mistake"]),
        (FAILURE, ["I can't do that", "I am unable to find it", "something went wrong",
                   "we could not book it", "I don't have access to your account"]),
        (THANKS, ["Thanks!", "thank you", "that's great", "perfect, see you", "I love it",
                  "I appreciate it", "this was very helpful"]),
    ],
)  # fmt: skip
def test_lexicon_finds(lexicon, texts):
    hits = Batch.of(talk(*(("u", text) for text in texts))).matches(lexicon)
    assert [text for text, hit in zip(texts, hits, strict=True) if not hit] == []


@pytest.mark.parametrize(
    ("lexicon", "texts"),
    [
        (REPAIR, ["sorry I am late", "what a day", "I understand", "I'd like to repeat last year",
                  "you mean a lot to us", "did they say it"]),
        (APOLOGY, ["I'm sorry to hear that", "no problem", "I made a list"]),
        (FAILURE, ["I can't wait", "I can do that", "I can't thank you enough"]),
        (THANKS, ["not great", "that isn't helpful", "I would like a table", "not very helpful"]),
    ],
)  # fmt: skip
def test_lexicon_leaves_out(lexicon, texts):
    hits = Batch.of(talk(*(("u", text) for text in texts))).matches(lexicon)
    assert [text for text, hit in zip(texts, hits, strict=True) if hit] == []


def test_every_lexicon_gives_its_reason():
    assert all(each.reason and each.triggers and each.name for each in LEXICONS)


def test_rates():
    frames = talk(
        ("u", "what?"), ("a", "I'm sorry to hear that"), ("u", "I see"), ("a", "sorry, pardon?"),
        ("u", "sorry I am late"), ("a", "Sorry about the wait"), ("u", "can you repeat that"),
        ("a", "fine"), ("u", "great"),
        duration_s=120.0,
    )  # fmt: skip
    assert value("user_repair_rate", frames) == 40  # 2 of 5 turns
    assert value("user_repair_per_min", frames) == 1  # 2 in two minutes
    assert value("assistant_repair_rate", frames) == 25  # "sorry, pardon?" of 4
    assert value("assistant_apology_rate", frames) == 50  # "sorry, pardon?", "Sorry about"
    assert value("user_thanks_rate", frames) == 20


def test_rates_of_an_absent_side_are_missing():
    frames = talk(("u", "what?"))
    assert math.isnan(value("assistant_apology_rate", frames))
    assert math.isnan(value("assistant_repetition", frames))
    assert math.isnan(value("user_repair_per_min", talk(("a", "x"), duration_s=60.0)))


def turns(*texts):
    rows = [row for text in texts for row in (("u", "go on"), ("a", text))]
    return talk(*rows)


def test_repetition_is_measured_on_word_sets():
    nine = "one two three four five six seven eight nine"
    # 9 common of 10 words is .9; 8 of 9 is .889
    assert value("assistant_repetition", turns(nine, nine + " ten")) == 0.5
    assert value("assistant_repetition", turns(nine, nine.replace(" nine", ""))) == 0
    assert value("assistant_repetition", turns("Okay.", "okay", "OK", "okay!")) == 0.5


def test_repetition_looks_back_20_turns():
    others = [f"word{at} other{at} third{at}" for at in range(20)]
    assert repeats(Batch.of(turns("the same words", *others[:19], "the same words")))[1][-1]
    assert not repeats(Batch.of(turns("the same words", *others, "the same words")))[1].any()


def test_empty_turns_repeat_nothing():
    assert value("assistant_repetition", turns("...", "...", "")) == 0
