"""Which conversations: one filter for every page, as SQL conditions and as a mask over a frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import sqlalchemy as sa

from cvi.store.tables import conversations, turns
from cvi.store.types import storable

C, T = conversations.c, turns.c


@dataclass(frozen=True, slots=True)
class Filters:
    """An empty field does not filter. `until` is inclusive; days are UTC. `text` is searched in
    what was said and in titles, without regard to (ASCII) case.
    """

    since: date | None = None
    until: date | None = None
    personas: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    text: str = ""

    def clauses(self, workspace: str) -> list[sa.ColumnElement[bool]]:
        """Conditions over the `conversations` table."""
        found: list[sa.ColumnElement[bool]] = [C.workspace_id == workspace]
        if self.since is not None:
            found.append(C.started_at >= _midnight(self.since))
        if self.until is not None:
            found.append(C.started_at < _end_of(self.until))
        for column, values in (
            (C.persona, self.personas),
            (C.source, self.sources),
            (C.outcome, self.outcomes),
        ):
            if values:
                found.append(column.in_(values))
        if text := storable(self.text).strip():
            found.append(_says(text, workspace))
        return found

    def mask(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """The same choice over a frame of conversations, except `text`, which needs the turns."""
        keep = pd.Series(data=True, index=frame.index)
        if self.since is not None:
            keep &= frame["started_at"] >= pd.Timestamp(_midnight(self.since))
        if self.until is not None:
            keep &= frame["started_at"] < pd.Timestamp(_end_of(self.until))
        for name, values in (
            ("persona", self.personas),
            ("source", self.sources),
            ("outcome", self.outcomes),
        ):
            if values:
                keep &= frame[name].isin(values)
        return keep


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end_of(day: date) -> datetime:
    """The first moment of the day after; the last there is, when there is no day after."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return _midnight(day + timedelta(days=1))


def _says(text: str, workspace: str) -> sa.ColumnElement[bool]:
    said = (
        sa.select(sa.literal(1))
        .where(
            T.workspace_id == workspace,
            T.conversation_id == C.conversation_id,
            T.text.icontains(text, autoescape=True),
        )
        .exists()
    )
    return sa.or_(said, C.title.icontains(text, autoescape=True), C.conversation_id == text)
