-- After roles.sql, where PostgreSQL runs in a container: hands the new database to its owner, and the
-- login its password, which is not written anywhere but in the environment.
-- For psql. Without the variable this is a syntax error, and the container does not start.
\getenv password SYNCAPP_DB_PASSWORD
ALTER ROLE syncapp PASSWORD :'password';
SELECT format('ALTER DATABASE %I OWNER TO syncapp_owner', current_database()) \gexec
