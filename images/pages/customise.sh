#!/bin/sh
set -eu
root=$1
mkdir -p "$root/usr/local/bin"
for name in node-hello kubernetes-bootcamp whoami echoserver echo-server ping_pong webapp-color shop hello-kubernetes podinfo tcp-echo; do
  ln "$root/hello-app" "$root/usr/local/bin/$name"
done
cat > "$root/usr/local/bin/event-simulator" <<'EOF'
#!/bin/sh
# Lines of a shop's log, one a second.
count=0
trap 'exit 0' TERM INT
while :; do
  count=$((count + 1))
  user=USER$((count * 7 % 4 + 1))
  now=$(date '+%Y-%m-%d %H:%M:%S')
  case $((count % 5)) in
    0) text="$user is viewing page1" ;; 1) text="$user logged in" ;; 2) text="$user is viewing page2" ;;
    3) text="$user is viewing page3" ;; *) text="$user logged out" ;;
  esac
  echo "[$now,000] INFO in event-simulator: $text"
  [ $((count % 5)) -ne 0 ] || echo "[$now,000] WARNING in event-simulator: USER5 Failed to Login as the account is locked due to MANY FAILED ATTEMPTS."
  [ $((count % 8)) -ne 0 ] || echo "[$now,000] WARNING in event-simulator: USER7 Order failed as the item is OUT OF STOCK."
  sleep 1 &
  wait $!
done
EOF
chmod 755 "$root/usr/local/bin/event-simulator"
