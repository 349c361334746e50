"""Create the job table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("source_type", sa.Text, nullable=False),
        sa.Column("source", sa.JSON, nullable=False),
        sa.Column("source_config", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("upload_expires_at", sa.Double),
        sa.Column("started_at", sa.Double),
        sa.Column("completed_at", sa.Double),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", sa.Double),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("progress", sa.JSON, nullable=False),
        sa.Column("result_key", sa.Text),
        sa.Column("manifest_key", sa.Text),
        sa.Column("failure", sa.JSON),
        sa.Column("tables", sa.JSON, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.CheckConstraint(
            "status <> 'RUNNING' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name="a_running_job_has_a_lease",
        ),
    )
    op.create_index("jobs_newest", "jobs", ["created_at", "job_id"])
    op.create_index("jobs_by_status", "jobs", ["status", "created_at", "job_id"])


def downgrade() -> None:
    op.drop_table("jobs")
