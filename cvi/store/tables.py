"""All tables: facts, works and bookkeeping by hand; views derived from the frame schema.

Every row carries `workspace_id` and `owner_id`, and every unique key starts with `workspace_id`, so
row level security and sharding stay possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cvi.frames.schema import COUNT, FLAG, NUMBER, SCHEMA, TEXT, TIME
from cvi.store.types import BigId, Json, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
kept = sa.MetaData(naming_convention=NAMING)  # facts and works: migrated by Alembic
views = sa.MetaData(naming_convention=NAMING)  # views: made from the schema, may be dropped

PENDING, DONE, DEAD = 0, 1, 2

_SQL_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    TEXT: sa.Text(),
    NUMBER: sa.Double(),
    COUNT: sa.BigInteger(),
    FLAG: sa.Boolean(),
    TIME: UtcDateTime(),
}


def _owned() -> list[sa.Column[str]]:
    return [
        sa.Column("workspace_id", sa.Text, nullable=False, server_default="default"),
        sa.Column("owner_id", sa.Text, nullable=False, server_default="default"),
    ]


# --- facts -------------------------------------------------------------------------------------

conversation_events = sa.Table(
    "conversation_events",
    kept,
    sa.Column("seq", BigId, primary_key=True, autoincrement=True),
    *_owned(),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("conversation_id", sa.Text),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("occurred_at", UtcDateTime),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # webhook, relay, tool_api, backfill, file
    sa.Column("live", sa.Boolean, nullable=False),  # may this fact cause work?
    sa.Column("body", sa.LargeBinary, nullable=False),  # the bytes as they came
    sa.UniqueConstraint("workspace_id", "key"),
    sa.Index(None, "workspace_id", "conversation_id", "seq"),
    sa.Index(None, "workspace_id", "event_type", "seq"),
    # A seq that an undo freed must not come again: readers of the feed are past it already.
    sqlite_autoincrement=True,
)

# The outbox: one narrow row an event, written in the same transaction.
event_jobs = sa.Table(
    "event_jobs",
    kept,
    sa.Column("seq", BigId, sa.ForeignKey(conversation_events.c.seq), primary_key=True),
    *_owned(),
    sa.Column("conversation_id", sa.Text),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("due", UtcDateTime, nullable=False),
    sa.CheckConstraint("state in (0, 1, 2)", name="state"),
    sa.Index(
        "ix_event_jobs_due",
        "due",
        "seq",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    ),
)

imports = sa.Table(
    "imports",
    kept,
    sa.Column("import_id", sa.Uuid, primary_key=True),
    *_owned(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("state", sa.Text, nullable=False),  # running, done, undone
    sa.Column("conversations", sa.Integer, nullable=False, server_default="0"),
    sa.Column("events_new", sa.Integer, nullable=False, server_default="0"),
    sa.Column("events_seen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("problems", Json()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("undone_at", UtcDateTime),
    sa.Index(None, "workspace_id", "created_at"),
)

# Which import brought (or met again) which event, so that undo takes back only what is its own.
import_events = sa.Table(
    "import_events",
    kept,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey(imports.c.import_id), primary_key=True),
    sa.Column("seq", BigId, sa.ForeignKey(conversation_events.c.seq), primary_key=True),
    *_owned(),
    sa.Index(None, "seq"),
)

# --- works -------------------------------------------------------------------------------------

webhook_failures = sa.Table(
    "webhook_failures",
    kept,
    sa.Column("failure_id", BigId, primary_key=True, autoincrement=True),
    *_owned(),
    sa.Column("seq", BigId, sa.ForeignKey(conversation_events.c.seq), nullable=False),
    sa.Column("conversation_id", sa.Text),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("error_message", sa.Text, nullable=False),
    sa.Column("retry_count", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # open, replayed
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("replayed_at", UtcDateTime),
    sa.Index(None, "workspace_id", "state", "created_at"),
    sa.Index(None, "seq"),
    sqlite_autoincrement=True,
)

generated_documents = sa.Table(
    "generated_documents",
    kept,
    sa.Column("document_id", sa.Uuid, primary_key=True),
    *_owned(),
    sa.Column("conversation_id", sa.Text),
    sa.Column("document_type", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("content", Json(), nullable=False),
    sa.Column("metadata", Json()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "workspace_id", "conversation_id"),
)

llm_tool_executions = sa.Table(
    "llm_tool_executions",
    kept,
    sa.Column("execution_id", sa.Uuid, primary_key=True),
    *_owned(),
    sa.Column("conversation_id", sa.Text),
    sa.Column("call_key", sa.Text, nullable=False),  # tool_call_id, or the derived key
    sa.Column("tool_name", sa.Text, nullable=False),
    sa.Column("input_parameters", Json(), nullable=False),
    sa.Column("execution_result", Json()),
    sa.Column("success", sa.Boolean),
    sa.Column("execution_time_ms", sa.Integer),
    sa.Column("error_message", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("workspace_id", "call_key"),
    sa.Index(None, "workspace_id", "conversation_id"),
)

topic_models = sa.Table(
    "topic_models",
    kept,
    sa.Column("version", sa.Text, primary_key=True),
    *_owned(),
    sa.Column("model", sa.LargeBinary, nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "workspace_id", "created_at"),
)

# Long-running work a person asked for (re-analysis, export …): state and progress for the pages.
jobs = sa.Table(
    "jobs",
    kept,
    sa.Column("job_id", sa.Uuid, primary_key=True),
    *_owned(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("arguments", Json(), nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, running, done, failed, cancelled
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("total", sa.Integer),
    sa.Column("message", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("beat_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Index(None, "workspace_id", "state", "created_at"),
)

# Which version of the code made each view, so that a change of shape is noticed at start-up.
view_versions = sa.Table(
    "view_versions",
    kept,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
)

# Which version of the views last changed a conversation, so that frames in memory can be mended
# instead of read anew. The empty id stands for all conversations at once.
view_changes = sa.Table(
    "view_changes",
    kept,
    *_owned(),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("workspace_id", "conversation_id"),
    sa.Index(None, "workspace_id", "version"),
)

# --- views -------------------------------------------------------------------------------------

_SCORED = {"sentiment_label": TEXT, "sentiment_score": NUMBER, "sentiment_confidence": NUMBER}


def _view(name: str, columns: dict[str, str], keys: Sequence[str]) -> sa.Table:
    made = [
        sa.Column(column, _SQL_TYPES[dtype], nullable=column not in keys)
        for column, dtype in columns.items()
    ]
    key = sa.PrimaryKeyConstraint("workspace_id", *keys)
    return sa.Table(name, views, *_owned(), *made, key)


_ONE = ("conversation_id",)
_MANY = ("conversation_id", "idx")

conversations = _view("conversations", dict(SCHEMA["conversations"]), _ONE)
turns = _view("turns", {**SCHEMA["turns"], **_SCORED}, _MANY)
speaking = _view("speaking", dict(SCHEMA["speaking"]), _MANY)
tool_calls = _view("tool_calls", dict(SCHEMA["tool_calls"]), _MANY)
perceptions = _view("perceptions", dict(SCHEMA["perceptions"]), _MANY)
signals = _view("signals", dict(SCHEMA["signals"]), _MANY)

conversation_transcripts = sa.Table(
    "conversation_transcripts",
    views,
    *_owned(),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("transcript", sa.Text, nullable=False),  # JSON list in the guide's shape
    sa.Column("metadata", sa.Text, nullable=False),  # JSON: the analysis in the guide's shape
    sa.PrimaryKeyConstraint("workspace_id", "conversation_id"),
)

# One column a metric is added by `cvi.store.migrate`, from the metric registry.
conversation_metrics = sa.Table(
    "conversation_metrics",
    views,
    *_owned(),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("coverage", sa.Double),
    sa.Column("reasons", sa.Text),  # JSON: why a metric is NULL → the metrics
    sa.Column("version", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("workspace_id", "conversation_id"),
)

conversation_topics = sa.Table(
    "conversation_topics",
    views,
    *_owned(),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # lexicon, term, corpus
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("weight", sa.Double),
    sa.PrimaryKeyConstraint("workspace_id", "conversation_id", "kind", "rank"),
    sa.Index(None, "workspace_id", "topic"),
)

insights = sa.Table(
    "insights",
    views,
    *_owned(),
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("idx", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON list of turn idx, never empty
    sa.PrimaryKeyConstraint("workspace_id", "conversation_id", "idx"),
)

sa.Index("ix_conversations_started", conversations.c.workspace_id, conversations.c.started_at)
