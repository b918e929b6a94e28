#!/bin/sh
set -eu
root=$1
{ cat "$root/etc/passwd"; echo 'postgres:x:999:999::/var/lib/postgresql:/bin/bash'; } > "$root/etc/passwd.new"
{ cat "$root/etc/group"; echo 'postgres:x:999:'; } > "$root/etc/group.new"
mv "$root/etc/passwd.new" "$root/etc/passwd"
mv "$root/etc/group.new" "$root/etc/group"
mkdir -p "$root/var/lib/postgresql/data" "$root/run/postgresql" "$root/docker-entrypoint-initdb.d"
chown 999:999 "$root/var/lib/postgresql" "$root/var/lib/postgresql/data" "$root/run/postgresql"
rm -rf "$root/usr/lib/postgresql/15/lib/bitcode" "$root/usr/lib/postgresql/15/lib/llvmjit.so"
cat > "$root/usr/local/bin/docker-entrypoint.sh" <<'EOF'
#!/bin/bash
# Sets up the data folder as the official image does, by POSTGRES_*, then runs the server.
set -eo pipefail
if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    cat >&2 <<'TEXT'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
TEXT
    exit 1
  fi
  user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
  initdb --username="$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") --auth-local=trust --no-sync >/dev/null
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
  printf "\nlisten_addresses = '*'\njit = off\nunix_socket_directories = '/run/postgresql'\n" >> "$PGDATA/postgresql.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
  [ "$database" = postgres ] || createdb --host=/run/postgresql --username="$user" "$database"
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) psql --host=/run/postgresql --username="$user" --dbname="$database" --file="$file" ;;
      *.sh) . "$file" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
fi
exec "$@"
EOF
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
