"""The dialogue: it has to read like people talking."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from cvi.demo.compose import Said, compose
from cvi.demo.material import load

if TYPE_CHECKING:
    from conftest import Demo

Dialogues = list[list[Said]]


@pytest.fixture(scope="module")
def dialogues(demo: Demo) -> Dialogues:
    return [compose(each, load(), Random(each.conversation_id)) for each in demo.plans]  # noqa: S311


def test_every_slot_is_filled(dialogues: Dialogues) -> None:
    assert not [each for said in dialogues for each in said if re.search(r"[{}]", each.text)]


def test_lines_are_clean_text(dialogues: Dialogues) -> None:
    for said in dialogues:
        for each in said:
            assert each.text == " ".join(each.text.split())
            assert each.text[-1] in ".?!\"'"


def test_nobody_says_the_same_line_twice_running(dialogues: Dialogues) -> None:
    for said in dialogues:
        lines = [each.text for each in said]
        for earlier, line, later in zip(lines, lines[1:], [*lines[2:], ""], strict=False):
            assert line not in (earlier, later)
        for earlier, later in zip(lines, lines[2:], strict=False):
            assert earlier != later


def test_stretches_of_three_turns_do_not_come_back(dialogues: Dialogues) -> None:
    for said in dialogues:
        lines = [each.text for each in said]
        windows = list(zip(lines, lines[1:], lines[2:], strict=False))
        assert not windows or len(set(windows)) / len(windows) >= 0.9


def test_no_line_is_heard_all_the_time(dialogues: Dialogues) -> None:
    lines = Counter(each.text for said in dialogues for each in said)
    assert lines.most_common(1)[0][1] / lines.total() < 0.005
    assert len(lines) > 3000


def test_sides_take_turns_except_in_a_silent_room(demo: Demo, dialogues: Dialogues) -> None:
    for planned, said in zip(demo.plans, dialogues, strict=True):
        roles = [each.role for each in said]
        if planned.kind == "never_spoke":
            assert set(roles) == {"assistant"}
        else:
            assert all(one != other for one, other in pairwise(roles))


def test_a_tool_is_called_where_a_document_is_asked_for(dialogues: Dialogues) -> None:
    calls = [each for said in dialogues for each in said if each.ask]
    assert len(calls) > 20
    assert all(each.role == "assistant" for each in calls)


def test_moods_end_as_they_should(demo: Demo, dialogues: Dialogues) -> None:
    closings = load().closings
    for planned in demo.plans:
        if planned.cast and planned.mood in ("negative", "positive"):
            assert closings[planned.cast.closing].mood == planned.mood
    assert len(dialogues) == len(demo.plans)
