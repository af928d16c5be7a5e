"""Which version of the views last changed a conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "view_changes",
        sa.Column("workspace_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="default", nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", name=op.f("pk_view_changes")
        ),
    )
    op.create_index(
        op.f("ix_view_changes_workspace_id_version"),
        "view_changes",
        ["workspace_id", "version"],
        unique=False,
    )
