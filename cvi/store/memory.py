"""Frames of a whole workspace kept in memory, mended when conversations change.

Reading 100,000 conversations takes seconds; a callback changes one of them. So what changed since
the frame was read is read again, and takes the place of what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pandas.api.types import union_categoricals

from cvi.store import changes, queries

# With more changed conversations the whole is read anew.
MOST = 2_000
_PIECES = 64

Read = Callable[[Sequence[str] | None], pd.DataFrame]


class Memory:
    """One frame that follows the data. Frames it hands out are shared: nobody may write to them.

    `read` returns the rows of some conversations or of all (None), and `mend` puts fresh rows of
    some conversations in the place of the old.
    """

    def __init__(
        self,
        engine: sa.Engine,
        read: Read,
        mend: Callable[[pd.DataFrame, pd.DataFrame, Sequence[str]], pd.DataFrame],
        *,
        workspace: str,
    ) -> None:
        self._engine, self._workspace = engine, workspace
        self._read, self._mend = read, mend
        self._lock = Lock()
        self._version, self._frame = -1, pd.DataFrame()

    def at(self, version: int) -> pd.DataFrame:
        """The frame as of that version of the views, or a later one."""
        with self._lock:
            if version > self._version:
                self._frame = self._fresh()
                self._version = version
            return self._frame

    def _fresh(self) -> pd.DataFrame:
        if self._version >= 0:
            changed = changes.changed_since(
                self._engine, self._version, workspace=self._workspace, limit=MOST
            )
            if changed is not None:
                rows = self._read(changed) if changed else self._frame.iloc[:0]
                return self._mend(self._frame, rows, changed)
        return self._read(None)


def conversations(engine: sa.Engine, *, workspace: str, names: Sequence[str]) -> Memory:
    """The frame of `queries.load_metrics`."""

    def read(ids: Sequence[str] | None) -> pd.DataFrame:
        return queries.load_metrics(engine, ids, workspace=workspace, names=names)

    return Memory(engine, read, put_by_time, workspace=workspace)


def topics(engine: sa.Engine, *, workspace: str) -> Memory:
    """The frame of `queries.topic_rows`."""

    def read(ids: Sequence[str] | None) -> pd.DataFrame:
        return queries.topic_rows(engine, ids, workspace=workspace)

    return Memory(engine, read, put_last, workspace=workspace)


def put_by_time(frame: pd.DataFrame, rows: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """`frame` with `rows` in the place of the conversations `ids`, ordered by `started_at`."""
    gone = np.flatnonzero(frame["conversation_id"].isin(ids).to_numpy())
    rows = _ordered(rows)
    if len(gone) + len(rows) > _PIECES:
        whole = pd.concat([frame.drop(index=frame.index[gone]), rows], ignore_index=True)
        ordered: pd.DataFrame = _ordered(whole).reset_index(drop=True)
        return ordered
    place = np.searchsorted(_moments(frame), _moments(rows), side="right")
    cuts = np.unique(np.concatenate([[0], gone, gone + 1, place, [len(frame)]])).tolist()
    # Slices of the frame are views, so everything is copied once.
    pieces: list[pd.DataFrame] = []
    for begin, end in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        pieces.append(rows[place == begin])
        if begin not in gone:
            pieces.append(frame.iloc[begin:end])
    return pd.concat([each for each in pieces if len(each)] or [rows], ignore_index=True)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("started_at", kind="stable", na_position="first")


def _moments(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Microseconds; a missing date is the earliest of all."""
    return np.asarray(frame["started_at"].astype("int64"))


def put_last(frame: pd.DataFrame, rows: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """`frame` without the conversations `ids`, and `rows` after it; categories stay categories."""
    kept = frame[~frame["conversation_id"].isin(ids)]
    found = {
        str(name): union_categoricals([kept[name], rows[name]])
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
        else pd.concat([kept[name], rows[name]], ignore_index=True)
        for name in frame
    }
    return pd.DataFrame(found)
