"""Works: what cost money, chance or a person's time."""

import sqlalchemy as sa
from alembic import op

from cvi.store.types import BigId, Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "generated_documents",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("document_type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("metadata", Json(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_generated_documents")),
    )
    op.create_index(
        op.f("ix_generated_documents_workspace_id_conversation_id"),
        "generated_documents",
        ["workspace_id", "conversation_id"],
        unique=False,
    )
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arguments", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
    )
    op.create_index(
        op.f("ix_jobs_workspace_id_state_created_at"),
        "jobs",
        ["workspace_id", "state", "created_at"],
        unique=False,
    )
    op.create_table(
        "llm_tool_executions",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("call_key", sa.Text(), nullable=False),
        sa.Column("tool_name", sa.Text(), nullable=False),
        sa.Column("input_parameters", Json(), nullable=False),
        sa.Column("execution_result", Json(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("execution_time_ms", sa.Integer(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_llm_tool_executions")),
        sa.UniqueConstraint(
            "workspace_id", "call_key", name=op.f("uq_llm_tool_executions_workspace_id_call_key")
        ),
    )
    op.create_index(
        op.f("ix_llm_tool_executions_workspace_id_conversation_id"),
        "llm_tool_executions",
        ["workspace_id", "conversation_id"],
        unique=False,
    )
    op.create_table(
        "topic_models",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_topic_models")),
    )
    op.create_index(
        op.f("ix_topic_models_workspace_id_created_at"),
        "topic_models",
        ["workspace_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "webhook_failures",
        sa.Column("failure_id", BigId, autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("replayed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["conversation_events.seq"],
            name=op.f("fk_webhook_failures_seq_conversation_events"),
        ),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_webhook_failures")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_webhook_failures_seq"), "webhook_failures", ["seq"], unique=False)
    op.create_index(
        op.f("ix_webhook_failures_workspace_id_state_created_at"),
        "webhook_failures",
        ["workspace_id", "state", "created_at"],
        unique=False,
    )
