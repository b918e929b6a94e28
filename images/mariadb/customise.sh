#!/bin/sh
# What the packages' scripts would make, and the data of an empty server, so that the first start is quick.
set -eu
root=$1
{ cat "$root/etc/passwd"; echo 'mysql:x:999:999::/var/lib/mysql:/bin/false'; } > "$root/etc/passwd.new"
{ cat "$root/etc/group"; echo 'mysql:x:999:'; } > "$root/etc/group.new"
mv "$root/etc/passwd.new" "$root/etc/passwd"
mv "$root/etc/group.new" "$root/etc/group"
mkdir -p "$root/var/lib/mysql" "$root/run/mysqld" "$root/docker-entrypoint-initdb.d" "$root/etc/mysql/conf.d" \
  "$root/usr/local/share/mysql-empty"
chown 999:999 "$root/var/lib/mysql" "$root/run/mysqld" "$root/usr/local/share/mysql-empty"
cat > "$root/etc/mysql/my.cnf" <<'EOF'
[mysqld]
user = mysql
datadir = /var/lib/mysql
socket = /run/mysqld/mysqld.sock
bind-address = *
skip-name-resolve
innodb_buffer_pool_size = 16M
innodb_log_file_size = 4M
innodb_fast_shutdown = 1
performance_schema = OFF
aria_pagecache_buffer_size = 4M
key_buffer_size = 4M
[client]
socket = /run/mysqld/mysqld.sock
!includedir /etc/mysql/conf.d/
EOF
chroot "$root" mariadb-install-db --user=mysql --datadir=/usr/local/share/mysql-empty --skip-test-db \
  --auth-root-authentication-method=normal --skip-name-resolve >/dev/null
for name in mysql mysqldump mysqladmin; do
  [ -e "$root/usr/bin/$name" ] || [ ! -e "$root/usr/bin/mariadb${name#mysql}" ] || ln -s "mariadb${name#mysql}" "$root/usr/bin/$name"
done
[ -e "$root/usr/sbin/mysqld" ] || ln -s mariadbd "$root/usr/sbin/mysqld"
cat > "$root/usr/local/bin/docker-entrypoint.sh" <<'EOF'
#!/bin/bash
# Sets up the data folder as the official images do, by MYSQL_* or MARIADB_*, then runs the server.
set -eo pipefail
note() { echo "$(date -u +%Y-%m-%dT%H:%M:%S+00:00) [$1] [Entrypoint]: $2" >&2; }
value() { # NAME: the variable, or the file that NAME_FILE names, of either prefix
  local prefix name file
  for prefix in MARIADB MYSQL; do
    name=${prefix}_$1 file=${prefix}_$1_FILE
    if [ -n "${!name:-}" ]; then echo "${!name}"; return; fi
    if [ -n "${!file:-}" ]; then cat "${!file}"; return; fi
  done
}
if [ "${1:0:1}" = - ]; then set -- mysqld "$@"; fi
if [ "$1" = mysqld ] || [ "$1" = mariadbd ]; then
  note Note "Entrypoint script for MySQL Server started."
  if [ ! -d /var/lib/mysql/mysql ]; then
    root=$(value ROOT_PASSWORD)
    if [ -z "$root" ] && [ -z "$(value ALLOW_EMPTY_PASSWORD)$(value ALLOW_EMPTY_ROOT_PASSWORD)$(value RANDOM_ROOT_PASSWORD)" ]; then
      note ERROR "Database is uninitialized and password option is not specified
    You need to specify one of the following as an environment variable:
    - MYSQL_ROOT_PASSWORD
    - MYSQL_ALLOW_EMPTY_PASSWORD
    - MYSQL_RANDOM_ROOT_PASSWORD"
      exit 1
    fi
    note Note "Initializing database files"
    cp -a /usr/local/share/mysql-empty/. /var/lib/mysql/
    chown -R mysql:mysql /var/lib/mysql
    quoted() { printf "%s" "$1" | sed "s/[\\\\']/\\\\&/g"; }
    {
      # With --init-file each line is one statement.
      user=$(value USER) password=$(value PASSWORD) database=$(value DATABASE)
      echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$(quoted "$root")';"
      echo "CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '$(quoted "$root")';"
      echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
      [ -z "$database" ] || echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"
      if [ -n "$user" ] && [ -n "$password" ]; then
        echo "CREATE USER '$(quoted "$user")'@'%' IDENTIFIED BY '$(quoted "$password")';"
        [ -z "$database" ] || echo "GRANT ALL ON \`$database\`.* TO '$(quoted "$user")'@'%';"
      fi
    } > /run/mysqld/first.sql
    chown mysql /run/mysqld/first.sql
    first=--init-file=/run/mysqld/first.sql
    for file in /docker-entrypoint-initdb.d/*.sql; do
      [ -e "$file" ] || continue
      [ -z "$database" ] || echo "USE \`$database\`;" >> /run/mysqld/first.sql
      tr '\n' ' ' < "$file" | sed 's/; */;\n/g' >> /run/mysqld/first.sql
      echo >> /run/mysqld/first.sql
    done
    note Note "Database files initialized"
  fi
  [ "$1" != mariadbd ] || set -- mysqld "${@:2}"
  exec "$@" ${first:+"$first"}
fi
exec "$@"
EOF
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
