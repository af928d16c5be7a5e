"""Facts, the outbox beside them, and imports."""

import sqlalchemy as sa
from alembic import op

from cvi.store.types import BigId, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "conversation_events",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_conversation_events")),
        sa.UniqueConstraint(
            "workspace_id", "key", name=op.f("uq_conversation_events_workspace_id_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_conversation_events_workspace_id_conversation_id_seq"),
        "conversation_events",
        ["workspace_id", "conversation_id", "seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversation_events_workspace_id_event_type_seq"),
        "conversation_events",
        ["workspace_id", "event_type", "seq"],
        unique=False,
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("conversations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_new", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problems", Json(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_imports")),
    )
    op.create_index(
        op.f("ix_imports_workspace_id_created_at"),
        "imports",
        ["workspace_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "view_versions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_view_versions")),
    )
    op.create_table(
        "event_jobs",
        sa.Column("seq", BigId, nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state in (0, 1, 2)", name=op.f("ck_event_jobs_state")),
        sa.ForeignKeyConstraint(
            ["seq"], ["conversation_events.seq"], name=op.f("fk_event_jobs_seq_conversation_events")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event_jobs")),
    )
    op.create_index(
        "ix_event_jobs_due",
        "event_jobs",
        ["due", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_table(
        "import_events",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name=op.f("fk_import_events_import_id_imports")
        ),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["conversation_events.seq"],
            name=op.f("fk_import_events_seq_conversation_events"),
        ),
        sa.PrimaryKeyConstraint("import_id", "seq", name=op.f("pk_import_events")),
    )
    op.create_index(op.f("ix_import_events_seq"), "import_events", ["seq"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # A plain `seq > cursor` feed misses rows of transactions still open when it read; the
        # feed compares this with the oldest open transaction.
        op.execute(
            "ALTER TABLE conversation_events "
            "ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()"
        )
