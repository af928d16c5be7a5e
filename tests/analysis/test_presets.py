"""The problems above the list: on and off, and what was planted in the demo is found by them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cvi.analysis.analyse import METRICS
from cvi.analysis.presets import PRESETS, Preset, counts
from cvi.bootstrap import open_ports
from cvi.demo.plan import plan
from cvi.jobs.demo import load
from cvi.jobs.settle import settle_all
from cvi.selection.filters import Filters, Range
from cvi.selection.mask import mask
from cvi.settings import load_settings
from cvi.store import queries

END = date(2026, 9, 20)
BY_NAME = {each.name: each for each in PRESETS}
GIVEN = Filters(personas=("coach",), ranges=(Range("turns", 3.0),), text="plan")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.name)
def test_on_and_off_again_leaves_the_filter_as_it_was(preset: Preset) -> None:
    assert not preset.on(GIVEN)
    with_it = preset.toggled(GIVEN)
    assert preset.on(with_it)
    assert preset.toggled(with_it) == GIVEN


def test_problems_combine() -> None:
    """Both are on, and taking one away leaves the other."""
    slow, silent = BY_NAME["slow"], BY_NAME["never-spoke"]
    both = silent.toggled(slow.toggled(GIVEN))
    assert slow.on(both)
    assert silent.on(both)
    assert slow.toggled(both) == silent.toggled(GIVEN)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.name)
def test_a_problem_rests_on_columns_that_exist_and_says_why(preset: Preset) -> None:
    """Its count is made over the frame, which knows no topics and no words."""
    assert all(each.metric in METRICS for each in preset.filters.ranges)
    asked = Filters(
        ranges=preset.filters.ranges, outcomes=preset.filters.outcomes, bands=preset.filters.bands
    )
    assert preset.filters == asked
    assert preset.filters.active
    assert preset.reason.endswith(".")


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The demo's conversations."""
    ports = open_ports(load_settings({}, data_dir=tmp_path_factory.mktemp("presets")))
    load(ports, end=END)
    settle_all(ports)
    return queries.load_metrics(ports.engine, workspace=ports.workspace, names=tuple(METRICS))


def _planted(tag: str) -> set[str]:
    return {each.conversation_id for each in plan(end=END) if tag in each.tags}


def _found(frame: pd.DataFrame, name: str) -> set[str]:
    return set(frame.loc[mask(BY_NAME[name].filters, frame), "conversation_id"])


@pytest.mark.parametrize(
    ("name", "tag"),
    [("one-sided", "one_sided"), ("never-spoke", "never_spoke"), ("failed", "failed")],
)
def test_what_was_planted_is_found_and_nothing_else(
    frame: pd.DataFrame, name: str, tag: str
) -> None:
    assert _found(frame, name) == _planted(tag)


def test_slow_answers_are_those_of_the_slow_persona(frame: pd.DataFrame) -> None:
    """All but a few of those whose answers have times."""
    timed = set(frame.loc[frame["response_time_p50"].notna(), "conversation_id"])
    planted = _planted("slow_persona") & timed
    found = _found(frame, "slow")
    assert len(found & planted) >= 0.95 * len(planted)
    assert len(found & planted) >= 0.95 * len(found)


def test_repairs_gather_where_the_topic_confuses(frame: pd.DataFrame) -> None:
    """Three times as often as elsewhere."""
    planted, found = _planted("confusing_topic"), _found(frame, "repair-heavy")
    inside = len(found & planted) / len(planted)
    outside = len(found - planted) / (len(frame) - len(planted))
    assert inside > 3 * outside


def test_counts_are_those_of_the_filters(frame: pd.DataFrame) -> None:
    assert counts(frame) == {name: len(_found(frame, name)) for name in BY_NAME}
    assert set(counts(frame.iloc[:0]).values()) == {0}
