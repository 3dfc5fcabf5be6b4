"""The record store's tables, and the walls around all tables of this room."""

from django.db import migrations

from syncapp.tenants import rls

TABLES = """
CREATE TABLE object_seq (
    object_id bigint PRIMARY KEY,
    tenant_id integer NOT NULL,
    last bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_id bigint NOT NULL,
    parent_id bigint,
    seq bigint NOT NULL,
    origin_id bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    tenant_id integer NOT NULL,
    rev integer NOT NULL DEFAULT 1,
    origin smallint NOT NULL,
    key text NOT NULL,
    "values" jsonb NOT NULL,
    CONSTRAINT record_key UNIQUE (object_id, key),
    CONSTRAINT record_seq UNIQUE (object_id, seq),
    CONSTRAINT record_key_length CHECK (length(key) BETWEEN 1 AND 512)
) WITH (fillfactor = 90);
-- With statistics, the planner takes an object that is newer than the last ANALYZE for empty, and
-- reads it from end to end for each key. Without them it always expects many rows.
ALTER TABLE record ALTER COLUMN object_id SET STATISTICS 0;
CREATE INDEX record_parent ON record (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE field_value (
    field_id bigint NOT NULL,
    record_id bigint NOT NULL,
    tenant_id integer NOT NULL,
    value text NOT NULL CONSTRAINT field_value_length CHECK (length(value) <= 512),
    CONSTRAINT field_value_once PRIMARY KEY (record_id, field_id)
);
CREATE INDEX field_value_value ON field_value (field_id, value) INCLUDE (record_id);

CREATE TABLE change (
    object_id bigint NOT NULL,
    seq bigint NOT NULL,
    record_id bigint NOT NULL,
    at timestamptz NOT NULL,
    origin_id bigint,
    tenant_id integer NOT NULL,
    op smallint NOT NULL,
    origin smallint NOT NULL,
    diff jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX change_seq ON change (object_id, seq);
CREATE INDEX change_record ON change (record_id, at);
CREATE TABLE change_default PARTITION OF change DEFAULT;

CREATE FUNCTION change_make_partitions(until timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    week timestamptz := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    made integer := 0;
    part text;
BEGIN
    WHILE week <= until LOOP
        part := 'change_' || to_char(week AT TIME ZONE 'UTC', 'IYYY"w"IW');
        IF to_regclass(part) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF change FOR VALUES FROM (%L) TO (%L)',
                               part, week, week + interval '7 days');
                made := made + 1;
            EXCEPTION WHEN check_violation THEN NULL;  -- the default partition has this week's rows
            END;
        END IF;
        week := week + interval '7 days';
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION change_make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_make_partitions TO syncapp_app, syncapp_platform;
SELECT change_make_partitions(now() + interval '8 weeks');
"""


class Migration(migrations.Migration):
    dependencies = [("objects", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        migrations.RunSQL(
            TABLES,
            "DROP TABLE object_seq, record, field_value, change; DROP FUNCTION change_make_partitions",
        ),
        *(
            rls.tenant_table(table)
            for table in (
                "connect_object",
                "connect_field",
                "listview_field",
                "object_seq",
                "record",
                "field_value",
                "change",
            )
        ),
        rls.owned("connect_object"),
        rls.owned("connect_field"),
        rls.composite_fk("connect_object", "parent_id", "connect_object"),
        rls.composite_fk("connect_field", "object_id", "connect_object", "CASCADE"),
        rls.composite_fk("connect_field", "reference_id", "connect_object"),
        rls.composite_fk("listview_field", "object_id", "connect_object", "CASCADE"),
        rls.composite_fk("listview_field", "field_id", "connect_field", "CASCADE"),
    ]
