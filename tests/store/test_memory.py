"""Frames kept in memory: after any change they are what a fresh read gives."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from cvi.analysis.analyse import METRICS
from cvi.errors import StoreError
from cvi.jobs.rebuild import refold
from cvi.jobs.settle import settle_all
from cvi.store import bulk, changes, corpus, facts, memory, queries, views
from cvi.store.engine import open_engine
from cvi.store.migrate import migrate
from tests.store.story import WORKSPACE, deliver, ports_of, story

NAMES = tuple(METRICS)


def _version(engine: sa.Engine) -> int:
    return int(queries.views_version(engine, workspace=WORKSPACE))


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    text = {name: frame[name].astype("str") for name in frame.select_dtypes("category")}
    frame = frame.assign(**text)
    keys = [name for name in ("conversation_id", "kind", "topic") if name in frame]
    return frame.sort_values(keys).reset_index(drop=True)


class Watched:
    """Both frames of a store, and which conversations were read."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.frames = memory.conversations(engine, workspace=WORKSPACE, names=NAMES)
        self.topics = memory.topics(engine, workspace=WORKSPACE)

    def check(self) -> pd.DataFrame:
        """Both are what a fresh read gives; the frame of conversations is in order of time."""
        at = _version(self.engine)
        frame = self.frames.at(at)
        fresh = queries.load_metrics(self.engine, workspace=WORKSPACE, names=NAMES)
        pd.testing.assert_frame_equal(_sorted(frame), _sorted(fresh))
        begun = frame["started_at"]
        assert begun.dropna().is_monotonic_increasing
        assert begun.isna().tolist() == sorted(begun.isna(), reverse=True)
        assert frame.index.tolist() == list(range(len(frame)))
        topics = queries.topic_rows(self.engine, workspace=WORKSPACE)
        pd.testing.assert_frame_equal(_sorted(self.topics.at(at)), _sorted(topics))
        return frame


def _deliver(engine: sa.Engine, *names: str) -> None:
    deliver(engine, [each for name in names for each in story(name)])
    settle_all(ports_of(engine))


def test_what_arrives_changes_and_goes_is_mended(engine: sa.Engine) -> None:
    """Through the real corridor: new ones, one that gains facts, one whose facts are gone."""
    seen = Watched(engine)
    assert seen.check().empty
    _deliver(engine, "b", "d")
    assert len(seen.check()) == 2
    _deliver(engine, "a", "c", "e")
    assert len(seen.check()) == 5
    with engine.begin() as connection:
        connection.execute(sa.text("delete from event_jobs where conversation_id = 'c'"))
        connection.execute(sa.text("delete from conversation_events where conversation_id = 'c'"))
    refold(ports_of(engine), ["c", "d"])
    assert "c" not in seen.check()["conversation_id"].tolist()


def test_only_what_changed_is_read(engine: sa.Engine) -> None:
    """A callback costs one conversation."""
    _deliver(engine, "a", "b")
    before = _version(engine)
    _deliver(engine, "b")  # the same facts again change nothing
    assert changes.changed_since(engine, before, workspace=WORKSPACE, limit=9) == []
    refold(ports_of(engine), ["b"])
    assert changes.changed_since(engine, before, workspace=WORKSPACE, limit=9) == ["b"]
    assert changes.changed_since(engine, 0, workspace=WORKSPACE, limit=1) is None


def test_a_change_of_everything_reads_everything(engine: sa.Engine) -> None:
    """Whoever cannot say what changed says nothing, and the frames are read anew."""
    _deliver(engine, "a", "b")
    seen = Watched(engine)
    seen.check()
    with engine.begin() as connection:
        views.drop(connection, ["a"], workspace=WORKSPACE)
        changes.touch(connection, workspace=WORKSPACE)
    assert seen.check()["conversation_id"].tolist() == ["b"]
    corpus.forget(engine, workspace=WORKSPACE)
    seen.check()
    views.drop_orphans(engine, workspace=WORKSPACE)
    seen.check()


def test_views_of_another_shape_are_read_anew(engine: sa.Engine) -> None:
    """They were dropped, and nothing else tells a running process."""
    _deliver(engine, "a")
    seen = Watched(engine)
    seen.check()
    with engine.begin() as connection:
        connection.execute(sa.text("update view_versions set version = 'x' where name = 'shape'"))
    migrate(engine, METRICS)
    assert seen.check().empty


def test_an_older_version_is_answered_with_what_is_there(engine: sa.Engine) -> None:
    """Two sessions may ask in the wrong order."""
    _deliver(engine, "a")
    seen = Watched(engine)
    frame = seen.check()
    assert seen.frames.at(0) is frame


def _frame(**starts: str | None) -> pd.DataFrame:
    times = pd.to_datetime(list(starts.values()), utc=True, format="ISO8601")
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(list(starts), dtype="str"),
            "started_at": times.astype("datetime64[us, UTC]"),
        }
    )


@pytest.mark.parametrize("pieces", [0, 64])
def test_rows_are_put_in_order_of_time(pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slice by slice for a few of them, by sorting for many; equal times keep old before new."""
    monkeypatch.setattr(memory, "_PIECES", pieces)
    old = _frame(n=None, a="2026-01-01", b="2026-01-02", c="2026-01-03")
    new = _frame(z="2026-01-04", a="2026-01-03", m=None, x="2025-01-01")
    found = memory.put_by_time(old, new, ["z", "a", "m", "x", "gone"])
    assert found["conversation_id"].tolist() == ["n", "m", "x", "b", "c", "a", "z"]
    assert memory.put_by_time(old, old.iloc[:0], ["b"])["conversation_id"].tolist() == list("nac")
    assert memory.put_by_time(old, old.iloc[:0], list("nabc")).empty
    assert memory.put_by_time(old.iloc[:0], new, []).shape == (4, 2)


def test_a_big_read_is_the_same_read(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """By columns, on SQLite in a process of its own: values and dtypes are equal."""
    _deliver(engine, "a", "b")
    small = queries.load_metrics(engine, workspace=WORKSPACE, names=NAMES)
    topics = queries.topic_rows(engine, workspace=WORKSPACE)
    monkeypatch.setattr(queries, "_BIG", 0)
    big = queries.load_metrics(engine, workspace=WORKSPACE, names=NAMES)
    pd.testing.assert_frame_equal(_sorted(small), _sorted(big))
    assert small.dtypes.to_dict() == big.dtypes.to_dict()
    pd.testing.assert_frame_equal(
        _sorted(topics), _sorted(queries.topic_rows(engine, workspace=WORKSPACE))
    )


def test_a_big_read_of_a_file_that_is_away_is_explained(tmp_path, monkeypatch) -> None:
    """The reason crosses the border of the process."""
    with pytest.raises(OSError, match="open"):
        bulk.read(str(tmp_path / "none" / "gone.db"), "select 1")
    engine = open_engine(f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.setattr(queries, "_BIG", 0)
    with pytest.raises(StoreError):
        queries.topic_rows(engine, workspace=WORKSPACE)


def test_facts_alone_change_no_view(engine: sa.Engine) -> None:
    """What waits in the queue is not on any page yet."""
    before = _version(engine)
    deliver(engine, story("a"))
    assert _version(engine) == before
    assert facts.last_seq(engine, workspace=WORKSPACE) > 0
