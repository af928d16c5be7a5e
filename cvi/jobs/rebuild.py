"""Fold and analyse again: after an undo, a new version of the analysis, or from nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cvi.analysis.analyse import VERSION
from cvi.bootstrap import Ports
from cvi.jobs.refold import fold_facts, put_fresh
from cvi.store import changes, facts, operations, views
from cvi.store.engine import reader

Progress = Callable[[int, int | None], None]
# Conversations and raw bytes folded at once.
_AT_ONCE = 100
_BYTES_AT_ONCE = 3_000_000


def refold(
    ports: Ports,
    conversation_ids: Sequence[str],
    *,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Make the views of these conversations anew; one without facts loses its views."""
    done = 0
    for start in range(0, len(conversation_ids), _AT_ONCE):
        part = list(conversation_ids[start : start + _AT_ONCE])
        for group in _weighed(ports, part):
            _refold(ports, group)
            done += len(group)
            progress(done, len(conversation_ids))
    return done


def _weighed(ports: Ports, names: list[str]) -> Iterator[list[str]]:
    with reader(ports.engine).begin() as connection:
        sizes = facts.sizes(connection, names, workspace=ports.workspace)
    yield from by_weight(names, lambda name: sizes.get(name, (0, 0, 0))[2])


def by_weight(names: Iterable[str], size: Callable[[str], int]) -> Iterator[list[str]]:
    """Group names so that a group's facts weigh a bounded number of bytes."""
    group: list[str] = []
    weight = 0
    for name in names:
        heavy = size(name)
        if group and weight + heavy > _BYTES_AT_ONCE:
            yield group
            group, weight = [], 0
        group.append(name)
        weight += heavy
    if group:
        yield group


def _refold(ports: Ports, names: list[str]) -> None:
    """Fold outside any transaction, so that no receiver waits for it.

    A conversation that changed meanwhile is left alone: whoever changed it has it folded anyway.
    """
    with reader(ports.engine).begin() as connection:
        stored = facts.facts_of(connection, names, workspace=ports.workspace)
    folded = fold_facts(stored, names)
    with ports.engine.begin() as connection:
        put_fresh(connection, folded, workspace=ports.workspace)
        changes.touch(connection, names, workspace=ports.workspace)


def reanalyse(
    ports: Ports,
    *,
    stale_only: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Analyse again: what another version analysed, or everything. Returns conversations done."""
    return refold(ports, to_analyse(ports, stale_only=stale_only), progress=progress)


def to_analyse(ports: Ports, *, stale_only: bool) -> list[str]:
    """The conversations that `reanalyse` analyses, in its order."""
    if stale_only:
        return operations.stale_versions(ports.engine, workspace=ports.workspace, version=VERSION)
    return [
        name
        for chunk in facts.conversation_ids(ports.engine, workspace=ports.workspace)
        for name in chunk
    ]


def rebuild(ports: Ports, *, progress: Progress = lambda _done, _total: None) -> int:
    """Make every view anew from the facts, and drop what no fact speaks of.

    The result is the same, byte for byte. Conversations are replaced one group after the other, so
    the pages show all of them meanwhile and a crash half-way loses nothing.
    """
    done = reanalyse(ports, stale_only=False, progress=progress)
    views.drop_orphans(ports.engine, workspace=ports.workspace)
    return done
