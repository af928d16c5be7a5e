"""Refolding: after an undo, with a new version, or of everything."""

from __future__ import annotations

import pytest

from cvi.bootstrap import Ports
from cvi.jobs import rebuild as rebuilding
from cvi.jobs.rebuild import by_weight, reanalyse, rebuild, refold
from cvi.jobs.settle import settle_all
from cvi.store import facts
from cvi.store.queries import views_version
from tests.store.story import WORKSPACE, count, deliver, dump, rows, story


@pytest.fixture
def settled(ports: Ports) -> Ports:
    """Three conversations with their views."""
    deliver(ports.engine, [each for name in "abc" for each in story(name)])
    settle_all(ports)
    return ports


def test_rebuild_drops_what_no_fact_speaks_of(settled: Ports) -> None:
    """And mends what was changed by hand."""
    before = dump(settled.engine)
    with settled.engine.begin() as connection:
        connection.exec_driver_sql("update turns set text = 'forged'")
        connection.exec_driver_sql(
            "insert into conversations (workspace_id, conversation_id) values ('default', 'ghost')"
        )
        connection.exec_driver_sql("delete from insights")
        connection.exec_driver_sql("delete from conversation_metrics where conversation_id = 'b'")
    assert rebuild(settled) == 3
    assert dump(settled.engine) == before


def test_rebuild_leaves_other_workspaces_alone(settled: Ports) -> None:
    """Their views are theirs."""
    with settled.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into conversations (workspace_id, conversation_id) values ('other', 'theirs')"
        )
    rebuild(settled)
    assert count(settled.engine, "conversations", "workspace_id = 'other'") == 1


def test_a_rebuild_that_is_interrupted_leaves_everything_visible(
    settled: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conversations are replaced, not dropped first."""
    before = dump(settled.engine)

    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rebuilding, "_refold", breaks)
    with pytest.raises(KeyboardInterrupt):
        rebuild(settled)
    assert dump(settled.engine) == before


def test_only_what_another_version_made_is_analysed_again(settled: Ports) -> None:
    """Or what has no metrics at all."""
    assert reanalyse(settled) == 0
    with settled.engine.begin() as connection:
        connection.exec_driver_sql(
            "update conversation_metrics set version = 'old' where conversation_id = 'a'"
        )
        connection.exec_driver_sql("delete from conversation_metrics where conversation_id = 'b'")
    told: list[tuple[int, int | None]] = []
    assert reanalyse(settled, progress=lambda done, total: told.append((done, total))) == 2
    assert told == [(2, 2)]
    assert reanalyse(settled) == 0
    assert reanalyse(settled, stale_only=False) == 3


def test_refolding_tells_the_caches(settled: Ports) -> None:
    """The pages would show the old figures otherwise."""
    before = views_version(settled.engine, workspace=WORKSPACE)
    refold(settled, ["a"])
    assert views_version(settled.engine, workspace=WORKSPACE) != before


def test_a_conversation_that_moves_meanwhile_is_left_to_its_job(
    settled: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading and folding hold no lock, so facts may arrive in between."""
    read = facts.facts_of

    def and_then(*given: object, **more: object) -> object:
        found = read(*given, **more)  # type: ignore[arg-type]
        monkeypatch.setattr(facts, "facts_of", read)
        deliver(settled.engine, [{**story("a")[0], "timestamp": "2026-03-02T08:59:00Z"}])
        return found

    monkeypatch.setattr(facts, "facts_of", and_then)
    refold(settled, ["a", "b"])
    assert rows(settled.engine, "select events from conversations where conversation_id = 'a'") == [
        (8,)
    ]
    settle_all(settled)
    assert rows(settled.engine, "select events from conversations where conversation_id = 'a'") == [
        (9,)
    ]


def test_refolding_what_has_no_facts_removes_it(settled: Ports) -> None:
    """As after an undo."""
    with settled.engine.begin() as connection:
        connection.exec_driver_sql("delete from event_jobs where conversation_id = 'a'")
        connection.exec_driver_sql("delete from conversation_events where conversation_id = 'a'")
    assert refold(settled, ["a"]) == 1
    assert rows(settled.engine, "select conversation_id from conversations order by 1") == [
        ("b",),
        ("c",),
    ]


def test_groups_by_weight() -> None:
    """Never empty, in order, heavy ones alone."""
    sizes = {"a": 1, "b": rebuilding._BYTES_AT_ONCE, "c": 1, "d": 2, "e": 0}
    assert list(by_weight(sizes, sizes.__getitem__)) == [["a"], ["b"], ["c", "d", "e"]]
    assert list(by_weight([], len)) == []
