"""Speakers that are neither the user nor the assistant: told at first sight, then counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cvi.events.aliases import role_of
from cvi.ingest.dropped import shown
from cvi.ingest.item import Problem

_HINT = "Say who it is, e.g. {name}=assistant. Until then the turn is kept and shown nowhere."
_MOST = 50  # a hostile file may invent a speaker a row


class Strangers:
    """Looks at the turns of one file as they were shaped; remembers whom it has met."""

    def __init__(self, source_name: str) -> None:
        self._name = source_name
        self._met: Counter[str] = Counter()

    def meet(self, shaped: Mapping[str, Any], where: str, line: int | None) -> Iterator[Problem]:
        """A Problem for a speaker no turn before had."""
        role = shaped.get("role")
        if role in (None, "") or role_of(role) is not None:
            return
        name = str(role)[:60]
        new = name not in self._met
        if new and len(self._met) == _MOST:
            return
        self._met[name] += 1
        if new:
            what = f"{shown(name)} is neither the user nor the assistant"
            yield Problem(where, line, what, _HINT.format(name=name))

    def rest(self) -> Iterator[Problem]:
        """At the end of the file: how often each was met again."""
        for name, count in self._met.items():
            if count > 1:
                more = f"{count - 1:,} more turn{'s' * (count > 2)}"
                what = f"{more} by {shown(name)}, neither the user nor the assistant"
                yield Problem(self._name, None, what)
