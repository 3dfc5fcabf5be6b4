-- The database roles of syncapp. Run by a superuser, in the application's database (and in
-- template1, from which test databases are made); running it again changes nothing.
--
--   syncapp            logs in, and may do nothing by itself: each connection picks one of the next
--   syncapp_owner      owns every table; used by migrations only
--   syncapp_app        web and worker: sees the rows of the tenant that its transaction names
--   syncapp_platform   the few questions asked before a tenant is known: login, API keys, dispatch
--   syncapp_backup     nobody logs in as this one: a superuser's `pg_dump --role=syncapp_backup`
--                      reads the rows of all tenants, and can write none

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'syncapp', 'syncapp_owner', 'syncapp_app', 'syncapp_platform', 'syncapp_backup'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
    END LOOP;
END
$$;

ALTER ROLE syncapp LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
ALTER ROLE syncapp_owner NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
ALTER ROLE syncapp_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
ALTER ROLE syncapp_platform NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
ALTER ROLE syncapp_backup NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS;

GRANT syncapp_owner, syncapp_app, syncapp_platform TO syncapp WITH INHERIT FALSE, SET TRUE;
GRANT pg_read_all_data TO syncapp_backup;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO syncapp_owner;
GRANT USAGE ON SCHEMA public TO syncapp_app, syncapp_platform;
