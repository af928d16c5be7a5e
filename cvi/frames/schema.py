"""The only place where the columns of the views are named.

The SQL tables of the views are derived from `SCHEMA`, and an empty frame has every column and
dtype, so nothing downstream needs a special case for "no rows yet".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the store derives its tables from here; receiving needs no pandas
    import pandas as pd

TEXT = "str"
NUMBER = "float64"
COUNT = "Int64"
FLAG = "boolean"
TIME = "datetime64[us, UTC]"

# Offsets and durations are seconds; `offset_s` counts from the start of the conversation.
SCHEMA: Mapping[str, Mapping[str, str]] = {
    "conversations": {
        "conversation_id": TEXT,
        "title": TEXT,
        "source": TEXT,  # where it came from: tavus, demo, playground, or a data set's name
        "persona": TEXT,
        "replica": TEXT,
        "status": TEXT,  # active, ended
        "outcome": TEXT,  # completed, time_limit, never_spoke, nobody_came, failed, in_progress
        "shutdown_reason": TEXT,
        "started_at": TIME,
        "ended_at": TIME,
        "duration_s": NUMBER,
        "max_duration_s": NUMBER,
        "clock": TEXT,  # best timing at hand: speaking, ends, starts, none
        "has_transcript": FLAG,
        "has_recording": FLAG,
        "recording_uri": TEXT,
        "perception": TEXT,
        "labels": TEXT,  # JSON object, as imported
        "events": COUNT,
        "unknown_events": COUNT,
        "clock_anomalies": COUNT,
        "skipped_rows": COUNT,
    },
    "turns": {
        "conversation_id": TEXT,
        "idx": COUNT,  # 0, 1, 2 … in the order of speech
        "role": TEXT,  # user, assistant
        "text": TEXT,
        "speaker": TEXT,
        "started_at": TIME,
        "offset_s": NUMBER,
        "duration_s": NUMBER,
        "interrupted": FLAG,
        "inference_id": TEXT,
        "turn_idx": COUNT,
        "tone": TEXT,
        "look": TEXT,
    },
    "speaking": {
        "conversation_id": TEXT,
        "idx": COUNT,
        "role": TEXT,
        "started_at": TIME,
        "start_s": NUMBER,
        "end_s": NUMBER,
        "interrupted": FLAG,
        "inference_id": TEXT,
    },
    "tool_calls": {
        "conversation_id": TEXT,
        "idx": COUNT,
        "tool_call_id": TEXT,
        "name": TEXT,
        "modality": TEXT,  # llm, vision, audio
        "arguments": TEXT,  # JSON object
        "problem": TEXT,
        "started_at": TIME,
        "offset_s": NUMBER,
        "turn_idx": COUNT,
        "result": TEXT,
        "status": TEXT,
    },
    "perceptions": {
        "conversation_id": TEXT,
        "idx": COUNT,
        "kind": TEXT,  # analysis, unavailable
        "content": TEXT,
        "started_at": TIME,
        "offset_s": NUMBER,
    },
    "signals": {
        "conversation_id": TEXT,
        "idx": COUNT,
        "kind": TEXT,  # guardrail, objective_*, control_*, post_call_action, recording_failed
        "name": TEXT,
        "detail": TEXT,
        "started_at": TIME,
        "offset_s": NUMBER,
    },
}


@dataclass(frozen=True, slots=True)
class Frames:
    """The folded tables of any number of conversations, each sorted by conversation and order."""

    conversations: pd.DataFrame
    turns: pd.DataFrame
    speaking: pd.DataFrame
    tool_calls: pd.DataFrame
    perceptions: pd.DataFrame
    signals: pd.DataFrame


def frame_of(table: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame with exactly the schema's columns and dtypes. `rows` follow the column order."""
    given = list(rows)
    # Most tables are empty for most conversations, and building dtypes is what costs.
    return _made(table, given) if given else _empty(table).copy(deep=False)


@cache
def _empty(table: str) -> pd.DataFrame:
    return _made(table, [])


def _made(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = SCHEMA[table]
    array: Any = pd.array  # its stubs know dtypes as literals only
    data = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {
            name: array(values, dtype=dtype) if dtype != TIME else _times(values)
            for (name, dtype), values in zip(columns.items(), data, strict=True)
        },
        columns=list(columns),
    )


def _times(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - pandas extension array
    import pandas as pd

    return pd.DatetimeIndex(list(values), dtype=TIME)


def empty(table: str) -> pd.DataFrame:
    """An empty frame that still has every column and dtype."""
    return frame_of(table, [])
