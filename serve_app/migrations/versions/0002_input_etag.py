"""Add the version of an upload that its job is to read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("input_etag", sa.Text))


def downgrade() -> None:
    op.drop_column("jobs", "input_etag")
