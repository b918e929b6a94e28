#!/bin/sh
# Debian's Apache, laid out as the official image is.
set -eu
root=$1
prefix=$root/usr/local/apache2
mkdir -p "$prefix/htdocs" "$prefix/conf/extra" "$prefix/logs" "$prefix/bin" "$prefix/cgi-bin"
echo '<html><body><h1>It works!</h1></body></html>' > "$prefix/htdocs/index.html"
ln -sf /usr/lib/apache2/modules "$prefix/modules"
ln -sf /etc/mime.types "$prefix/conf/mime.types"
cat > "$prefix/conf/httpd.conf" <<'EOF'
ServerRoot "/usr/local/apache2"
Listen 80
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authn_core_module modules/mod_authn_core.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_host_module modules/mod_authz_host.so
LoadModule mime_module modules/mod_mime.so
LoadModule env_module modules/mod_env.so
LoadModule headers_module modules/mod_headers.so
LoadModule setenvif_module modules/mod_setenvif.so
LoadModule status_module modules/mod_status.so
LoadModule autoindex_module modules/mod_autoindex.so
LoadModule dir_module modules/mod_dir.so
LoadModule alias_module modules/mod_alias.so
LoadModule rewrite_module modules/mod_rewrite.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
User www-data
Group www-data
ServerName localhost
PidFile /usr/local/apache2/logs/httpd.pid
DocumentRoot "/usr/local/apache2/htdocs"
<Directory />
    AllowOverride none
    Require all denied
</Directory>
<Directory "/usr/local/apache2/htdocs">
    Options Indexes FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>
DirectoryIndex index.html
TypesConfig conf/mime.types
ErrorLog /proc/self/fd/2
LogLevel warn
LogFormat "%h %l %u %t \"%r\" %>s %b" common
CustomLog /proc/self/fd/1 common
StartServers 1
ServerLimit 4
ThreadsPerChild 16
MaxRequestWorkers 64
EOF
[ -e "$root/etc/mime.types" ] || printf 'text/html html htm\ntext/plain txt\ntext/css css\napplication/json json\n' > "$root/etc/mime.types"
ln -sf /usr/sbin/apache2 "$prefix/bin/httpd"
cat > "$root/usr/local/bin/httpd-foreground" <<'EOF'
#!/bin/sh
set -e
rm -f /usr/local/apache2/logs/httpd.pid
exec httpd -f /usr/local/apache2/conf/httpd.conf -DFOREGROUND "$@"
EOF
chmod 755 "$root/usr/local/bin/httpd-foreground"
