openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN={{host}}" \
  -addext "subjectAltName=DNS:{{host}}" -keyout /tmp/key.pem -out /tmp/cert.pem 2>/dev/null
kubectl create secret tls -n {{space}} {{secret}} --cert=/tmp/cert.pem --key=/tmp/key.pem
rm /tmp/key.pem /tmp/cert.pem
kubectl -n nginx-gateway rollout status deployment/nginx-gateway --timeout=120s
