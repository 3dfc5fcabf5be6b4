"""The tables of the present state, and the walls around them."""

from django.db import migrations

from syncapp.tenants import rls

TABLES = """
CREATE TABLE link (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pair_id bigint NOT NULL,
    record_id bigint,
    parent_link_id bigint,
    in_version bigint,
    in_at timestamptz,
    dead_at timestamptz,
    tenant_id integer NOT NULL,
    in_outcome smallint,
    out_status smallint,
    out_outcome smallint,
    out_version bigint,
    out_due_at timestamptz,
    out_deadline timestamptz,
    out_first_at timestamptz,
    out_last_at timestamptz,
    out_again boolean,
    out_off boolean,
    in_hash uuid,
    out_attempt uuid,
    remote_id text CHECK (length(remote_id) BETWEEN 1 AND 512),
    remote_version text,
    in_code text,
    out_code text,
    out_lane text,
    out_op text,
    in_vec bytea,
    out_vec bytea,
    CONSTRAINT link_remote UNIQUE (pair_id, remote_id),
    CONSTRAINT link_record UNIQUE (pair_id, record_id),
    CONSTRAINT link_seen CHECK (remote_id IS NOT NULL OR record_id IS NOT NULL)
) WITH (fillfactor = 85);
-- With statistics, the planner takes a pair that is newer than the last ANALYZE for empty, and
-- reads it from end to end for each page. Without them it always expects many rows.
ALTER TABLE link ALTER COLUMN pair_id SET STATISTICS 0;
CREATE INDEX link_due ON link (pair_id, out_lane, out_due_at) WHERE out_due_at IS NOT NULL;
CREATE INDEX link_deadline ON link (out_deadline) WHERE out_deadline IS NOT NULL;
CREATE INDEX link_parent ON link (parent_link_id) WHERE parent_link_id IS NOT NULL;

CREATE TABLE trouble (
    link_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    issue_id bigint,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    due_at timestamptz,
    wait_on uuid,
    payload_id uuid,
    tenant_id integer NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    side smallint NOT NULL,
    outcome smallint NOT NULL,
    code text NOT NULL,
    field text,
    message text NOT NULL,
    wait_text text,
    verdicts jsonb,
    CONSTRAINT trouble_pk PRIMARY KEY (link_id, side)
);
CREATE INDEX trouble_due ON trouble (connection_id, due_at);
CREATE INDEX trouble_waiting ON trouble (wait_on) WHERE wait_on IS NOT NULL;

CREATE TABLE cursor (
    connection_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('delta', 'full')),
    tenant_id integer NOT NULL,
    data jsonb NOT NULL,
    run_id bigint,
    at timestamptz NOT NULL,
    CONSTRAINT cursor_pk PRIMARY KEY (connection_id, kind)
);

CREATE TABLE schedule (
    connection_id bigint PRIMARY KEY,
    tenant_id integer NOT NULL,
    every_minutes integer CHECK (every_minutes BETWEEN 1 AND 44640),
    next_at timestamptz
);

CREATE TABLE wake (
    connection_id bigint NOT NULL,
    lane text NOT NULL CHECK (lane IN ('live', 'scheduled', 'bulk')),
    tenant_id integer NOT NULL,
    due_at timestamptz,
    hinted_at timestamptz,
    served_at timestamptz,
    lease_until timestamptz,
    token uuid,
    CONSTRAINT wake_pk PRIMARY KEY (connection_id, lane)
);
CREATE INDEX wake_due ON wake (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE run_lock (
    run_id bigint NOT NULL,
    tenant_id integer NOT NULL,
    resource text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('shared', 'exclusive')),
    CONSTRAINT run_lock_pk PRIMARY KEY (tenant_id, resource, run_id)
);
CREATE INDEX run_lock_run ON run_lock (run_id);

CREATE TABLE set_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    set_id bigint NOT NULL,
    run_id bigint,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    tenant_id integer NOT NULL,
    state text NOT NULL,
    on_failure text NOT NULL CHECK (on_failure IN ('stop', 'go_on')),
    trigger text NOT NULL,
    by text NOT NULL,
    steps jsonb NOT NULL,
    CONSTRAINT set_run_state CHECK (state IN
        ('running', 'succeeded', 'partial', 'failed', 'cancelled')),
    CONSTRAINT set_run_ended CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX set_run_open ON set_run (set_id) WHERE state = 'running';
CREATE INDEX set_run_newest ON set_run (set_id, id DESC);
CREATE INDEX set_run_run ON set_run (run_id) WHERE run_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0001_initial"),
        ("synclogs", "0002_ledger"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(
            TABLES, "DROP TABLE link, trouble, cursor, schedule, wake, run_lock, set_run"
        ),
        *(
            rls.tenant_table(table)
            for table in ("link", "trouble", "cursor", "schedule", "run_lock", "set_run")
        ),
        rls.tenant_table("wake", platform="SIUD"),
        rls.composite_fk("cursor", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("schedule", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("wake", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("set_run", "set_id", "connector_set", "CASCADE"),
        rls.composite_fk("run_lock", "run_id", "run", "CASCADE"),
    ]
