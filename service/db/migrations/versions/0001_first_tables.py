"""First tables.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_client", sa.Boolean(), nullable=False),
        sa.Column("is_tasker", sa.Boolean(), nullable=False),
        sa.Column("operator_role", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "operator_role IN ('viewer', 'editor')", name=op.f("ck_accounts_operator_role")
        ),
        sa.CheckConstraint(
            "(suspended_at IS NULL) = (suspended_reason IS NULL)",
            name=op.f("ck_accounts_suspended_with_reason"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_accounts_email_lower")),
        sa.CheckConstraint(
            "is_client OR is_tasker OR operator_role IS NOT NULL",
            name=op.f("ck_accounts_some_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_geospatial_table(
        "markets",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("srid", sa.Integer(), nullable=False),
        sa.Column("centre", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column(
            "boundary", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False
        ),
        sa.Column("places", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("turn_around_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_markets_currency")),
        sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,40}$'", name=op.f("ck_markets_slug")),
        sa.CheckConstraint(
            "turn_around_s BETWEEN 0 AND 14400", name=op.f("ck_markets_turn_around")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markets")),
        sa.UniqueConstraint("slug", name=op.f("uq_markets_slug")),
    )
    op.create_table(
        "stream_nodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_nodes")),
    )
    op.create_table(
        "acceptance_models",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("coefficients", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("offers >= 0", name=op.f("ck_acceptance_models_offers")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_acceptance_models_version")),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_acceptance_models_market_id")
        ),
        sa.PrimaryKeyConstraint("market_id", "version", name=op.f("pk_acceptance_models")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_audit_entries_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["accounts.id"], name=op.f("fk_audit_entries_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "categories",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("typical_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("rate_low", sa.Integer(), nullable=False),
        sa.Column("rate_median", sa.Integer(), nullable=False),
        sa.Column("rate_high", sa.Integer(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "0 < rate_low AND rate_low <= rate_median AND rate_median <= rate_high",
            name=op.f("ck_categories_rates"),
        ),
        sa.CheckConstraint(
            "minimum_minutes BETWEEN 0 AND 1440", name=op.f("ck_categories_minimum_minutes")
        ),
        sa.CheckConstraint(
            "typical_minutes BETWEEN 15 AND 1440", name=op.f("ck_categories_typical_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_categories_market_id")
        ),
        sa.PrimaryKeyConstraint("market_id", "slug", name=op.f("pk_categories")),
        sa.UniqueConstraint(
            "market_id", "slug", "number", name=op.f("uq_categories_market_id_slug_number")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_categories_number")),
    )
    op.create_table(
        "devices",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("acked_n", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_devices_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "device", name=op.f("pk_devices")),
    )
    op.create_table(
        "event_counters",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("last_n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["accounts.id"], name=op.f("fk_event_counters_recipient_id")
        ),
        sa.PrimaryKeyConstraint("recipient_id", name=op.f("pk_event_counters")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "leases",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_leases_market_id")),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_leases")),
    )
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_login_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    op.create_index(
        op.f("ix_login_sessions_account_id"),
        "login_sessions",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_policy_versions_version")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_policy_versions_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_policy_versions_market_id")
        ),
        sa.PrimaryKeyConstraint("market_id", "version", name=op.f("pk_policy_versions")),
    )
    op.create_geospatial_table(
        "presence_cells",
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("point", Geometry("POINT", srid=0, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_presence_cells_market_id")
        ),
        sa.PrimaryKeyConstraint("market_id", "cell", name=op.f("pk_presence_cells")),
    )
    op.create_index(
        "ix_presence_cells_nearest",
        "presence_cells",
        ["market_id", "point"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chores", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("solver", sa.Text(), nullable=False),
        sa.Column("snapshot_ms", sa.Double(), nullable=False),
        sa.Column("solve_ms", sa.Double(), nullable=False),
        sa.Column("write_ms", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_rounds_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    op.create_index("ix_rounds_kept", "rounds", ["started_at"], unique=False)
    op.create_index("ix_rounds_of_market", "rounds", ["market_id", "id"], unique=False)
    op.create_table(
        "stream_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("close_code", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stream_lines_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["node_id"],
            ["stream_nodes.id"],
            name=op.f("fk_stream_lines_node_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_lines")),
    )
    op.create_index(
        "ix_stream_lines_closing",
        "stream_lines",
        ["node_id"],
        unique=False,
        postgresql_where=sa.text("close_code IS NOT NULL"),
    )
    op.create_index("ix_stream_lines_of_node", "stream_lines", ["node_id"], unique=False)
    op.create_index("ix_stream_lines_of_person", "stream_lines", ["account_id"], unique=False)
    op.create_geospatial_table(
        "taskers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("base_point", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("most_minutes_a_day", sa.Integer(), nullable=False),
        sa.Column("furthest_m", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mode IN ('walk', 'bike', 'transit', 'car', 'van')", name=op.f("ck_taskers_mode")
        ),
        sa.CheckConstraint("furthest_m BETWEEN 100 AND 200000", name=op.f("ck_taskers_furthest")),
        sa.CheckConstraint(
            "minimum_notice_minutes BETWEEN 0 AND 20160", name=op.f("ck_taskers_minimum_notice")
        ),
        sa.CheckConstraint(
            "most_minutes_a_day BETWEEN 15 AND 1440", name=op.f("ck_taskers_most_minutes_a_day")
        ),
        sa.ForeignKeyConstraint(["id"], ["accounts.id"], name=op.f("fk_taskers_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_taskers_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taskers")),
    )
    op.create_index(op.f("ix_taskers_market_id"), "taskers", ["market_id"], unique=False)
    op.create_table(
        "whatifs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("today", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'done') = (result IS NOT NULL)", name=op.f("ck_whatifs_result")
        ),
        sa.CheckConstraint(
            "(status = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_whatifs_lease")
        ),
        sa.CheckConstraint(
            "(status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
            name=op.f("ck_whatifs_finished"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_whatifs_status"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_whatifs_progress")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_whatifs_author_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_whatifs_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whatifs")),
    )
    op.create_index("ix_whatifs_of_market", "whatifs", ["market_id", "id"], unique=False)
    op.create_index(
        "ix_whatifs_waiting",
        "whatifs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "blocks",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("by_tasker", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["accounts.id"], name=op.f("fk_blocks_client_id")),
        sa.ForeignKeyConstraint(["tasker_id"], ["taskers.id"], name=op.f("fk_blocks_tasker_id")),
        sa.PrimaryKeyConstraint("client_id", "tasker_id", "by_tasker", name=op.f("pk_blocks")),
    )
    op.create_table(
        "events",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("n >= 1", name=op.f("ck_events_n")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["event_counters.recipient_id"], name=op.f("fk_events_recipient_id")
        ),
        sa.PrimaryKeyConstraint("recipient_id", "n", name=op.f("pk_events")),
    )
    op.create_index("ix_events_kept", "events", ["at"], unique=False)
    op.create_index(
        "ix_events_unrelayed",
        "events",
        ["at"],
        unique=False,
        postgresql_where=sa.text("relayed_at IS NULL"),
    )
    op.create_table(
        "experiments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version_a", sa.Integer(), nullable=False),
        sa.Column("version_b", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("slot_s", sa.Integer(), nullable=False),
        sa.Column("washout_s", sa.Integer(), nullable=False),
        sa.Column("resolution", sa.SmallInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("market_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_experiments_during",
        ),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stop_reason IS NULL)", name=op.f("ck_experiments_stopped")
        ),
        sa.CheckConstraint(
            "days >= 2 AND mod(days, 2) = 0", name=op.f("ck_experiments_pairs_of_days")
        ),
        sa.CheckConstraint("resolution BETWEEN 3 AND 7", name=op.f("ck_experiments_resolution")),
        sa.CheckConstraint(
            "slot_s > 0 AND mod(86400, slot_s) = 0", name=op.f("ck_experiments_slots_fill_a_day")
        ),
        sa.CheckConstraint("version_a <> version_b", name=op.f("ck_experiments_two_versions")),
        sa.CheckConstraint(
            "washout_s >= 0 AND washout_s < slot_s", name=op.f("ck_experiments_washout")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_experiments_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["market_id", "version_a"],
            ["policy_versions.market_id", "policy_versions.version"],
            name=op.f("fk_experiments_market_id_version_a"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id", "version_b"],
            ["policy_versions.market_id", "policy_versions.version"],
            name=op.f("fk_experiments_market_id_version_b"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_experiments_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["stopped_by"], ["accounts.id"], name=op.f("fk_experiments_stopped_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_table(
        "favourites",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["accounts.id"], name=op.f("fk_favourites_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_favourites_tasker_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "tasker_id", name=op.f("pk_favourites")),
    )
    op.create_table(
        "hours_exceptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.CheckConstraint(
            "(starts IS NULL) = (ends IS NULL)", name=op.f("ck_hours_exceptions_both_or_none")
        ),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_hours_exceptions_tasker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_exceptions")),
    )
    op.create_index(
        op.f("ix_hours_exceptions_tasker_id_on_date"),
        "hours_exceptions",
        ["tasker_id", "on_date"],
        unique=False,
    )
    op.create_geospatial_table(
        "presence",
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("point", Geometry("POINT", srid=0, spatial_index=False), nullable=False),
        sa.Column("online_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_presence_market_id")),
        sa.ForeignKeyConstraint(["tasker_id"], ["taskers.id"], name=op.f("fk_presence_tasker_id")),
        sa.PrimaryKeyConstraint("tasker_id", name=op.f("pk_presence")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("ix_presence_market_id"), "presence", ["market_id"], unique=False)
    op.create_table(
        "presence_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_presence_log_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_presence_log_tasker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_log")),
    )
    op.create_index(
        op.f("ix_presence_log_market_id_at"), "presence_log", ["market_id", "at"], unique=False
    )
    op.create_table(
        "present_skills",
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("category_number", sa.Integer(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("sure_m", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_number"],
            ["categories.number"],
            name=op.f("fk_present_skills_category_number"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id", "cell"],
            ["presence_cells.market_id", "presence_cells.cell"],
            name=op.f("fk_present_skills_market_id_cell"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_present_skills_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_present_skills_tasker_id")
        ),
        sa.PrimaryKeyConstraint("tasker_id", "category_number", name=op.f("pk_present_skills")),
    )
    op.create_index(
        "ix_present_skills_in_cell", "present_skills", ["category_number", "cell"], unique=False
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(), nullable=False),
        sa.Column("auth", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('webpush')", name=op.f("ck_push_subscriptions_kind")),
        sa.CheckConstraint(
            "length(p256dh) = 65 AND length(auth) = 16", name=op.f("ck_push_subscriptions_keys")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_push_subscriptions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["login_sessions.id"],
            name=op.f("fk_push_subscriptions_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
    )
    op.create_index(
        "ix_push_subscriptions_of_login", "push_subscriptions", ["session_id"], unique=False
    )
    op.create_index(
        "uq_push_subscriptions_device", "push_subscriptions", ["account_id", "device"], unique=True
    )
    op.create_index(
        "uq_push_subscriptions_endpoint", "push_subscriptions", ["endpoint"], unique=True
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["login_sessions.id"], name=op.f("fk_refresh_tokens_session_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(
        op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False
    )
    op.create_geospatial_table(
        "service_areas",
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("area", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint("kind IN ('regular', 'same_day')", name=op.f("ck_service_areas_kind")),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_service_areas_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_service_areas_tasker_id")
        ),
        sa.PrimaryKeyConstraint("tasker_id", "kind", name=op.f("pk_service_areas")),
    )
    op.create_geospatial_table(
        "skills",
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("category_number", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("point", Geometry("POINT", srid=0, spatial_index=False), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("sure_m", sa.Integer(), nullable=False),
        sa.Column("sure_today_m", sa.Integer(), nullable=False),
        sa.CheckConstraint("rate BETWEEN 1 AND 10000000", name=op.f("ck_skills_rate")),
        sa.CheckConstraint("weekdays BETWEEN 0 AND 127", name=op.f("ck_skills_weekdays")),
        sa.ForeignKeyConstraint(
            ["market_id", "category", "category_number"],
            ["categories.market_id", "categories.slug", "categories.number"],
            name=op.f("fk_skills_market_id_category_category_number"),
        ),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_skills_market_id")),
        sa.ForeignKeyConstraint(["tasker_id"], ["taskers.id"], name=op.f("fk_skills_tasker_id")),
        sa.PrimaryKeyConstraint("tasker_id", "category", name=op.f("pk_skills")),
    )
    op.create_index(
        "ix_skills_nearest",
        "skills",
        ["category_number", "point"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "stream_tickets",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stream_tickets_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["login_sessions.id"], name=op.f("fk_stream_tickets_session_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_stream_tickets")),
    )
    op.create_index(
        op.f("ix_stream_tickets_expires_at"), "stream_tickets", ["expires_at"], unique=False
    )
    op.create_table(
        "weekly_hours",
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["tasker_id"], ["taskers.id"], name=op.f("fk_weekly_hours_tasker_id")
        ),
        sa.PrimaryKeyConstraint("tasker_id", "weekday", "starts", name=op.f("pk_weekly_hours")),
    )
    op.create_geospatial_table(
        "chores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("metric_point", Geometry("POINT", srid=0, spatial_index=False), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("wanted_now", sa.Boolean(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("budget_rate", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("match_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("experiment_id", sa.Uuid(), nullable=True),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (status IN ('open', 'offered', 'unfilled', 'booked'))",
            name=op.f("ck_chores_closed"),
        ),
        sa.CheckConstraint("arm IN ('a', 'b')", name=op.f("ck_chores_arm")),
        sa.CheckConstraint(
            "due_at IS NULL OR status IN ('open', 'offered', 'unfilled')",
            name=op.f("ck_chores_due_while_matchable"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'offered', 'booked', 'completed', 'unfilled', 'cancelled', 'expired')",
            name=op.f("ck_chores_status"),
        ),
        sa.CheckConstraint(
            "(arm IS NULL) = (counted IS NULL)", name=op.f("ck_chores_counted_in_arm")
        ),
        sa.CheckConstraint(
            "(experiment_id IS NULL) = (arm IS NULL)", name=op.f("ck_chores_arm_of_experiment")
        ),
        sa.CheckConstraint("budget_rate > 0", name=op.f("ck_chores_budget")),
        sa.CheckConstraint("duration_minutes BETWEEN 15 AND 1440", name=op.f("ck_chores_duration")),
        sa.CheckConstraint("wave >= 0", name=op.f("ck_chores_wave")),
        sa.CheckConstraint("window_start < window_end", name=op.f("ck_chores_window")),
        sa.ForeignKeyConstraint(["client_id"], ["accounts.id"], name=op.f("fk_chores_client_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_chores_experiment_id")
        ),
        sa.ForeignKeyConstraint(
            ["market_id", "category"],
            ["categories.market_id", "categories.slug"],
            name=op.f("fk_chores_market_id_category"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id", "policy_version"],
            ["policy_versions.market_id", "policy_versions.version"],
            name=op.f("fk_chores_market_id_policy_version"),
        ),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_chores_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chores")),
    )
    op.create_index(
        "ix_chores_due",
        "chores",
        ["market_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_chores_experiment_id"),
        "chores",
        ["experiment_id"],
        unique=False,
        postgresql_where=sa.text("experiment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_chores_match_by",
        "chores",
        ["market_id", "match_by"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'offered', 'unfilled')"),
    )
    op.create_index("ix_chores_of_client", "chores", ["client_id", "id"], unique=False)
    op.create_index("ix_chores_of_market", "chores", ["market_id", "status", "id"], unique=False)
    op.create_index(
        "ix_chores_waiting",
        "chores",
        ["market_id", "category", "metric_point"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status IN ('open', 'unfilled')"),
    )
    op.create_table(
        "pushes",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_pushes_tries")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscriptions.id"],
            name=op.f("fk_pushes_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "n", name=op.f("pk_pushes")),
    )
    op.create_index("ix_pushes_due", "pushes", ["due_at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("chore_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["chore_id"], ["chores.id"], name=op.f("fk_decisions_chore_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_decisions_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_kept", "decisions", ["at"], unique=False)
    op.create_index("ix_decisions_of_chore", "decisions", ["chore_id", "id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("chore_id", sa.Uuid(), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("travel_s", sa.Integer(), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_n", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'pending') = (closed_at IS NULL)", name=op.f("ck_offers_closed")
        ),
        sa.CheckConstraint(
            "closed_reason IS NULL OR status IN ('declined', 'withdrawn')",
            name=op.f("ck_offers_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'accepted', 'declined', 'expired', 'withdrawn')",
            name=op.f("ck_offers_status"),
        ),
        sa.CheckConstraint("extended_at < expires_at", name=op.f("ck_offers_deadline")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_offers_rate")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_offers_plan")),
        sa.ForeignKeyConstraint(["chore_id"], ["chores.id"], name=op.f("fk_offers_chore_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_offers_market_id")),
        sa.ForeignKeyConstraint(["tasker_id"], ["taskers.id"], name=op.f("fk_offers_tasker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(
        "ix_offers_expiring",
        "offers",
        ["market_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending' AND expires_at IS NOT NULL"),
    )
    op.create_index("ix_offers_of_chore", "offers", ["chore_id"], unique=False)
    op.create_index("ix_offers_of_tasker", "offers", ["tasker_id", "id"], unique=False)
    op.create_index(
        "ix_offers_pending_of_tasker",
        "offers",
        ["tasker_id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_offers_pending",
        "offers",
        ["chore_id", "tasker_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("chore_id", sa.Uuid(), nullable=False),
        sa.Column("tasker_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("en_route_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overrun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column("billed_minutes", sa.Integer(), nullable=True),
        sa.Column("price", sa.Integer(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("tasker_id"), "="),
            (sa.column("held"), "&&"),
            where=sa.text("status IN ('scheduled', 'en_route', 'in_progress')"),
            using="gist",
            name="ex_bookings_tasker_held",
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_by IS NOT NULL)",
            name=op.f("ck_bookings_cancelled"),
        ),
        sa.CheckConstraint(
            "(status = 'completed') = (finished_at IS NOT NULL)", name=op.f("ck_bookings_finished")
        ),
        sa.CheckConstraint(
            "(status = 'completed') = (price IS NOT NULL)", name=op.f("ck_bookings_priced")
        ),
        sa.CheckConstraint(
            "(status IN ('completed', 'cancelled', 'no_show')) = (closed_at IS NOT NULL)",
            name=op.f("ck_bookings_closed"),
        ),
        sa.CheckConstraint(
            "cancelled_by IN ('client', 'tasker', 'operator')",
            name=op.f("ck_bookings_cancelled_by"),
        ),
        sa.CheckConstraint(
            "status IN ('scheduled', 'en_route', 'in_progress', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_bookings_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('in_progress', 'completed') OR started_at IS NOT NULL",
            name=op.f("ck_bookings_started"),
        ),
        sa.CheckConstraint("NOT isempty(held)", name=op.f("ck_bookings_held")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_bookings_plan")),
        sa.ForeignKeyConstraint(["chore_id"], ["chores.id"], name=op.f("fk_bookings_chore_id")),
        sa.ForeignKeyConstraint(["client_id"], ["accounts.id"], name=op.f("fk_bookings_client_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_bookings_market_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_bookings_offer_id")),
        sa.ForeignKeyConstraint(["tasker_id"], ["taskers.id"], name=op.f("fk_bookings_tasker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_bookings_offer_id")),
    )
    op.create_index(
        "ix_bookings_ending",
        "bookings",
        ["market_id", "ends_at"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress' AND overrun_at IS NULL"),
    )
    op.create_index("ix_bookings_of_chore", "bookings", ["chore_id"], unique=False)
    op.create_index("ix_bookings_of_client", "bookings", ["client_id", "id"], unique=False)
    op.create_index("ix_bookings_of_tasker", "bookings", ["tasker_id", "id"], unique=False)
    op.create_index(
        "ix_bookings_starting",
        "bookings",
        ["market_id", "starts_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('scheduled', 'en_route')"),
    )
    op.create_index(
        "uq_bookings_live",
        "bookings",
        ["chore_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('scheduled', 'en_route', 'in_progress', 'completed')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_bookings_live",
        table_name="bookings",
        postgresql_where=sa.text("status IN ('scheduled', 'en_route', 'in_progress', 'completed')"),
    )
    op.drop_index(
        "ix_bookings_starting",
        table_name="bookings",
        postgresql_where=sa.text("status IN ('scheduled', 'en_route')"),
    )
    op.drop_index("ix_bookings_of_tasker", table_name="bookings")
    op.drop_index("ix_bookings_of_client", table_name="bookings")
    op.drop_index("ix_bookings_of_chore", table_name="bookings")
    op.drop_index(
        "ix_bookings_ending",
        table_name="bookings",
        postgresql_where=sa.text("status = 'in_progress' AND overrun_at IS NULL"),
    )
    op.drop_table("bookings")
    op.drop_index(
        "uq_offers_pending", table_name="offers", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_index(
        "ix_offers_pending_of_tasker",
        table_name="offers",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_offers_of_tasker", table_name="offers")
    op.drop_index("ix_offers_of_chore", table_name="offers")
    op.drop_index(
        "ix_offers_expiring",
        table_name="offers",
        postgresql_where=sa.text("status = 'pending' AND expires_at IS NOT NULL"),
    )
    op.drop_table("offers")
    op.drop_index("ix_decisions_of_chore", table_name="decisions")
    op.drop_index("ix_decisions_kept", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_pushes_due", table_name="pushes")
    op.drop_table("pushes")
    op.drop_index(
        "ix_chores_waiting",
        table_name="chores",
        postgresql_using="gist",
        postgresql_where=sa.text("status IN ('open', 'unfilled')"),
    )
    op.drop_index("ix_chores_of_market", table_name="chores")
    op.drop_index("ix_chores_of_client", table_name="chores")
    op.drop_index(
        "ix_chores_match_by",
        table_name="chores",
        postgresql_where=sa.text("status IN ('open', 'offered', 'unfilled')"),
    )
    op.drop_index(
        op.f("ix_chores_experiment_id"),
        table_name="chores",
        postgresql_where=sa.text("experiment_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_chores_due", table_name="chores", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_geospatial_table("chores")
    op.drop_table("weekly_hours")
    op.drop_index(op.f("ix_stream_tickets_expires_at"), table_name="stream_tickets")
    op.drop_table("stream_tickets")
    op.drop_index(
        "ix_skills_nearest",
        table_name="skills",
        postgresql_using="gist",
        postgresql_where=sa.text("active"),
    )
    op.drop_geospatial_table("skills")
    op.drop_geospatial_table("service_areas")
    op.drop_index(op.f("ix_refresh_tokens_session_id"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("uq_push_subscriptions_endpoint", table_name="push_subscriptions")
    op.drop_index("uq_push_subscriptions_device", table_name="push_subscriptions")
    op.drop_index("ix_push_subscriptions_of_login", table_name="push_subscriptions")
    op.drop_table("push_subscriptions")
    op.drop_index("ix_present_skills_in_cell", table_name="present_skills")
    op.drop_table("present_skills")
    op.drop_index(op.f("ix_presence_log_market_id_at"), table_name="presence_log")
    op.drop_table("presence_log")
    op.drop_index(op.f("ix_presence_market_id"), table_name="presence")
    op.drop_geospatial_table("presence")
    op.drop_index(op.f("ix_hours_exceptions_tasker_id_on_date"), table_name="hours_exceptions")
    op.drop_table("hours_exceptions")
    op.drop_table("favourites")
    op.drop_table("experiments")
    op.drop_index(
        "ix_events_unrelayed", table_name="events", postgresql_where=sa.text("relayed_at IS NULL")
    )
    op.drop_index("ix_events_kept", table_name="events")
    op.drop_table("events")
    op.drop_table("blocks")
    op.drop_index(
        "ix_whatifs_waiting",
        table_name="whatifs",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index("ix_whatifs_of_market", table_name="whatifs")
    op.drop_table("whatifs")
    op.drop_index(op.f("ix_taskers_market_id"), table_name="taskers")
    op.drop_geospatial_table("taskers")
    op.drop_index("ix_stream_lines_of_person", table_name="stream_lines")
    op.drop_index("ix_stream_lines_of_node", table_name="stream_lines")
    op.drop_index(
        "ix_stream_lines_closing",
        table_name="stream_lines",
        postgresql_where=sa.text("close_code IS NOT NULL"),
    )
    op.drop_table("stream_lines")
    op.drop_index("ix_rounds_of_market", table_name="rounds")
    op.drop_index("ix_rounds_kept", table_name="rounds")
    op.drop_table("rounds")
    op.drop_index("ix_presence_cells_nearest", table_name="presence_cells", postgresql_using="gist")
    op.drop_geospatial_table("presence_cells")
    op.drop_table("policy_versions")
    op.drop_index(
        op.f("ix_login_sessions_account_id"),
        table_name="login_sessions",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_table("login_sessions")
    op.drop_table("leases")
    op.drop_table("event_counters")
    op.drop_table("devices")
    op.drop_table("categories")
    op.drop_table("audit_entries")
    op.drop_table("acceptance_models")
    op.drop_table("stream_nodes")
    op.drop_geospatial_table("markets")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("accounts")
