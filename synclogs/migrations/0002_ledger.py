"""The page ledger and the partitioned record log, and the walls of this room."""

from django.db import migrations

from syncapp.tenants import rls

TABLES = """
CREATE TABLE run_page (
    run_id bigint NOT NULL,
    no integer NOT NULL,
    tenant_id integer NOT NULL,
    at timestamptz NOT NULL,
    cursor jsonb NOT NULL,
    counts integer[] NOT NULL,
    ms integer[] NOT NULL,
    unchanged bytea,
    CONSTRAINT run_page_pk PRIMARY KEY (run_id, no)
);

CREATE TABLE record_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id bigint NOT NULL,
    link_id bigint,
    record_id bigint,
    seq bigint,
    at timestamptz NOT NULL,
    tenant_id integer NOT NULL,
    keep smallint NOT NULL,
    outcome smallint NOT NULL,
    code text NOT NULL,
    key text,
    remote_id text,
    message text,
    detail jsonb
) PARTITION BY LIST (keep);
CREATE INDEX record_log_run ON record_log (run_id, outcome, id);
CREATE INDEX record_log_key ON record_log (tenant_id, key, at DESC);
CREATE TABLE record_log_30 PARTITION OF record_log FOR VALUES IN (30) PARTITION BY RANGE (at);
CREATE TABLE record_log_60 PARTITION OF record_log FOR VALUES IN (60) PARTITION BY RANGE (at);
CREATE TABLE record_log_180 PARTITION OF record_log FOR VALUES IN (180) PARTITION BY RANGE (at);
CREATE TABLE record_log_365 PARTITION OF record_log FOR VALUES IN (365) PARTITION BY RANGE (at);
CREATE TABLE record_log_30_default PARTITION OF record_log_30 DEFAULT;
CREATE TABLE record_log_60_default PARTITION OF record_log_60 DEFAULT;
CREATE TABLE record_log_180_default PARTITION OF record_log_180 DEFAULT;
CREATE TABLE record_log_365_default PARTITION OF record_log_365 DEFAULT;

CREATE FUNCTION record_log_make_partitions(until timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    week timestamptz := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    made integer := 0;
    keep integer;
    part text;
BEGIN
    WHILE week <= until LOOP
        FOREACH keep IN ARRAY ARRAY[30, 60, 180, 365] LOOP
            part := format('record_log_%s_%s', keep, to_char(week AT TIME ZONE 'UTC', 'IYYY"w"IW'));
            IF to_regclass(part) IS NULL THEN
                BEGIN
                    EXECUTE format(
                        'CREATE TABLE %I PARTITION OF record_log_%s FOR VALUES FROM (%L) TO (%L)',
                        part, keep, week, week + interval '7 days');
                    made := made + 1;
                EXCEPTION WHEN check_violation THEN NULL;  -- the default has this week's rows
                END;
            END IF;
        END LOOP;
        week := week + interval '7 days';
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION record_log_drop_partitions(today timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_class c
        WHERE c.relkind = 'r' AND c.relname ~ '^record_log_[0-9]+_[0-9]{4}w[0-9]{2}$'
          AND to_date(split_part(c.relname, '_', 4), 'IYYY"w"IW') + 7
              + split_part(c.relname, '_', 3)::integer < (today AT TIME ZONE 'UTC')::date
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION record_log_make_partitions, record_log_drop_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_log_make_partitions, record_log_drop_partitions
    TO syncapp_app, syncapp_platform;
SELECT record_log_make_partitions(now() + interval '8 weeks');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("synclogs", "0001_initial"),
        ("connections", "0002_walls"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(
            TABLES,
            "DROP TABLE run_page, record_log;"
            "DROP FUNCTION record_log_make_partitions, record_log_drop_partitions",
        ),
        rls.tenant_table("run"),
        rls.tenant_table("run_page"),
        rls.tenant_table("record_log"),
        rls.owned("run"),
        rls.composite_fk("run", "connection_id", "connection", "SET NULL (connection_id)"),
        rls.composite_fk("run", "version_id", "connection_version", "SET NULL (version_id)"),
    ]
