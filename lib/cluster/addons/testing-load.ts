export interface UnderLoad {
  /** Of each change: from the start of `kubectl apply` until it answers, and until kubectl has ended. */
  samples: { answeredMs: number; appliedMs: number }[];
  requests: number;
  perSecond: number;
  /** Requests of the load that got no 200. */
  failed: number;
}

/**
 * Makes changes one after the other while four clients on the node send 50 requests a second each (curl waits a little
 * longer than its rate says), with a connection for each request. `manifest` is what the change number $i applies; then `http://address/` answers 200 as `host` ($i again), which
 * a visitor asks for every 10 ms.
 */
export async function changeUnderLoad(
  run: (command: string) => Promise<string>,
  { address, host, manifest, changes }: { address: string; host: string; manifest: string; changes: number },
): Promise<UnderLoad> {
  const output = await run(`
    now() { date +%s%3N; }
    rm -f /tmp/load-*
    for client in 1 2 3 4; do
      stdbuf -oL curl -s -o /dev/null -w '%{http_code}\\n' --max-time 10 --rate 56/s \
        -H 'Connection: close' -H 'Host: steady.test' 'http://${address}/?[1-1000000]' > /tmp/load-$client &
    done
    begin=$(now)
    for i in $(seq ${changes}); do
      exec 3< <(exec stdbuf -oL curl -s -o /dev/null -w '%{http_code}\\n' --max-time 5 --rate 100/s \\
        -H 'Connection: close' -H "Host: ${host}" 'http://${address}/?[1-3000]')
      visitor=$!
      { while read -r code <&3; do [ "$code" != 200 ] || { now; break; }; done; } > /tmp/answered &
      watcher=$!
      read -r code <&3
      start=$(now)
      kubectl apply -f - >/dev/null <<END || exit 1
${manifest}
END
      applied=$(now)
      wait $watcher
      kill $visitor
      exec 3<&-
      answered=$(cat /tmp/answered)
      [ -n "$answered" ] || { echo "change $i does not answer" >&2; exit 1; }
      echo "change $(( answered - start )) $(( applied - start ))"
    done
    kill $(jobs -p); wait
    echo "load $(( $(now) - begin )) $(cat /tmp/load-* | wc -l) $(cat /tmp/load-* | grep -vc '^200$')"
  `);
  const lines = output.split("\n").map((line) => line.split(" "));
  const [, ms, requests, failed] = lines.find(([kind]) => kind === "load")!.map(Number);
  return {
    samples: lines
      .filter(([kind]) => kind === "change")
      .map(([, answered, applied]) => ({ answeredMs: Number(answered), appliedMs: Number(applied) })),
    requests: requests!,
    perSecond: (1000 * requests!) / ms!,
    failed: failed!,
  };
}

/** A Deployment of a small server and the Service "steady" before it. */
export const steadyBackend = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: steady }
spec:
  selector: { matchLabels: { app: steady } }
  template:
    metadata: { labels: { app: steady } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: main, image: "hashicorp/http-echo:1.0", args: ["-text=steady", "-listen=:8080"] }]
---
apiVersion: v1
kind: Service
metadata: { name: steady }
spec: { selector: { app: steady }, ports: [{ port: 80, targetPort: 8080 }] }
---
`;

export const steadyIngress = (name: string) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: "${name}" }
spec:
  ingressClassName: nginx
  rules:
    - host: ${name}.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: steady, port: { number: 80 } } } }] }
`;

export const steadyRoute = (name: string, gateway: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: "${name}" }
spec:
  parentRefs: [{ name: ${gateway} }]
  hostnames: [${name}.test]
  rules: [{ backendRefs: [{ name: steady, port: 80 }] }]
`;
