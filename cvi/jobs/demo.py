"""Load the demo: generated conversations appended through the same door as any import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import orjson

from cvi.bootstrap import Ports
from cvi.demo.generate import generate, malformed
from cvi.store import facts, imports

SOURCE = "demo"
_BATCH = 500


def load(
    ports: Ports,
    *,
    end: date | None = None,
    count: int = 500,
    progress: Callable[[int], None] = lambda _events: None,
) -> int:
    """Append the demo conversations of the 90 days before `end` (yesterday); return the new events.

    Loading twice on one day changes nothing. Three broken callbacks come along, so that the
    failures page has something to show.
    """
    # Yesterday: a call of today might lie in the future.
    day = end or datetime.now(UTC).date() - timedelta(days=1)
    import_id = imports.open_import(
        ports.engine, workspace=ports.workspace, name="Demo data", reader_name=SOURCE, sha256=None
    )
    new = seen = 0
    names: set[str] = set()
    bodies = _bodies(day, count)
    while batch := list(islice(bodies, _BATCH)):
        made = [facts.incoming(body, source=SOURCE, live=False) for body in batch]
        added = facts.append(ports.engine, made, workspace=ports.workspace, import_id=import_id)
        new, seen = new + added, seen + len(made) - added
        names.update(each.conversation_id for each in made if each.conversation_id)
        progress(new + seen)
    imports.close_import(
        ports.engine, import_id, conversations=len(names), events_new=new, events_seen=seen
    )
    return new


def _bodies(day: date, count: int) -> Iterator[bytes]:
    for payload in generate(end=day, count=count):
        yield orjson.dumps(payload)
    yield from malformed()
