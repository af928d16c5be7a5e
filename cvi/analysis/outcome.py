"""How the conversation ended, and what it did besides talking: tools, guardrails, objectives."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from cvi.analysis.batch import CLOCKS, Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.speech import Bools, Floats, Ints

# "Nobody came" is about the room and "never spoke" about the user; neither is a completed call.
COMPLETED = {
    "completed": 1.0,
    "time_limit": 1.0,
    "never_spoke": 0.0,
    "nobody_came": 0.0,
    "failed": 0.0,
}
_SILENT = ("never_spoke", "nobody_came")

_facts = partial(metric, family="outcome", needs="outcome")
_tools = partial(metric, family="outcome", needs="tools")
_PRODUCT = "Tavus shutdown reasons; abandonment and containment as in Dialogflow"


def _codes(batch: Batch, table: pd.DataFrame) -> Ints:
    """Conversation of each row, -1 where it is not in the batch."""
    if table.empty:  # the usual case, and a look-up in an index is not free
        return np.zeros(0, np.int64)
    return batch.ids.get_indexer(pd.Index(table["conversation_id"])).astype(np.int64)


def _calls(batch: Batch) -> Ints:
    return _codes(batch, batch.frames.tool_calls)


def live(batch: Batch) -> Bools:
    """Conversations whose live events were captured, so that a missing event did not happen."""
    found: Bools = batch.clock == CLOCKS["speaking"]
    return found


def with_tools(batch: Batch) -> Bools:
    """Conversations whose tool calls are known: some were seen, or live events were captured."""
    return live(batch) | (tool_calls(batch) > 0)


def _signals(batch: Batch, kind: str) -> Floats:
    """Signals of one kind per conversation."""
    table = batch.frames.signals
    code = _codes(batch, table)
    wanted = (table["kind"].to_numpy(np.object_) == kind) & (code >= 0)
    return batch.total(code[wanted])


@_facts(
    "completed",
    "Completed",
    "yes = 1",
    range=(0, 1),
    better="higher",
    source=_PRODUCT,
    absent="the outcome is not known, or the conversation is still running",
)
def completed(batch: Batch) -> Floats:
    """1 for the outcomes completed and time_limit; 0 for never_spoke, nobody_came and failed."""
    known = [batch.outcome == name for name in COMPLETED]
    return np.select(known, list(COMPLETED.values()), np.nan)


@_facts(
    "user_spoke",
    "User spoke",
    "yes = 1",
    range=(0, 1),
    better="higher",
    source=_PRODUCT,
    absent="there is neither a transcript nor an outcome yet",
)
def user_spoke(batch: Batch) -> Floats:
    """1 when the user has a row or speech; 0 when only the assistant has, or nobody came."""
    code = np.concatenate([batch.rows.code, batch.speech.code])
    user = np.concatenate([batch.rows.user, batch.speech.user])
    heard = (batch.total(code) > 0) & (batch.outcome != "in_progress")
    silent = np.logical_or.reduce([heard, *(batch.outcome == name for name in _SILENT)])
    return np.where(batch.total(code[user]) > 0, 1.0, np.where(silent, 0.0, np.nan))


@_facts(
    "duration_of_max",
    "Duration of the limit",
    "share",
    source=_PRODUCT,
    absent="the duration or the agreed limit is not known",
)
def duration_of_max(batch: Batch) -> Floats:
    """duration_s / the longest duration the conversation was allowed."""
    return ratio(batch.number("duration_s"), batch.number("max_duration_s"))


@_tools(
    "tool_calls",
    "Tool calls",
    "calls",
    source="guide, LLM tools",
    absent="it is never missing once live events are known",
)
def tool_calls(batch: Batch) -> Floats:
    """Calls of tools by the assistant or by perception."""
    code = batch.once(_calls)
    return batch.total(code[code >= 0])


@_tools(
    "tool_success_share",
    "Tool success",
    "share",
    range=(0, 1),
    better="higher",
    source="Vapi and ElevenLabs tool tests",
    absent="no call has a result",
)
def tool_success_share(batch: Batch) -> Floats:
    """Calls that succeeded / calls with a result or with unreadable arguments (a failure)."""
    table = batch.frames.tool_calls
    code = batch.once(_calls)
    broken = table["problem"].notna().to_numpy(np.bool_)
    success = (table["status"].to_numpy(np.object_) == "success") & ~broken
    judged = (broken | table["status"].notna().to_numpy(np.bool_)) & (code >= 0)
    return batch.mean(code[judged], success[judged])


@_facts(
    "guardrail_triggers",
    "Guardrails triggered",
    "times",
    better="lower",
    source="Tavus guardrails",
    absent="no live events were captured, so a trigger would not have been seen",
)
def guardrail_triggers(batch: Batch) -> Floats:
    """Times a guardrail was triggered."""
    found = _signals(batch, "guardrail")
    return np.where(live(batch) | (found > 0), found, np.nan)


@_facts(
    "objectives_completed",
    "Objectives completed",
    "objectives",
    better="higher",
    source="Tavus objectives",
    absent="no objective was reported",
)
def objectives_completed(batch: Batch) -> Floats:
    """Objectives reported as completed; 0 when some were only activated or are pending."""
    done = _signals(batch, "objective_completed")
    others = _signals(batch, "objective_activated") + _signals(batch, "objective_pending")
    return np.where(done + others > 0, done, np.nan)
