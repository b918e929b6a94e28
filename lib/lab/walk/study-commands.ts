/** What a student of these topics types, and what comes of it in the lab where it belongs. */
export interface StudyCommand {
  run: string;
  /** What the output, errors included, matches. */
  shows: RegExp;
  /** What it shows comes up a moment after the lab is ready: it is typed again until it does. */
  soon?: true;
  /** The command is wrong as many have it in their notes: it fails, and this is what does the same. */
  instead?: { run: string; shows: RegExp };
}

const manifest = (text: string) => `kubectl apply -f - <<'YAML'\n${text.trim()}\nYAML`;

/** By lab. Within a lab in their order: later ones build on earlier ones. */
export const studyCommands: Record<string, StudyCommand[]> = {
  "explore-environment": [
    { run: "kubectl describe node controlplane | grep -i internalip", shows: /InternalIP:\s+[\d.]+/ },
    { run: "ip addr sh", shows: /link\/ether [0-9a-f:]{17}/ },
    { run: "ip route sh", shows: /^default via [\d.]+ dev \S+/m },
    { run: "netstat -netupal | grep -i listen | grep -i kube-scheduler", shows: /:10259 .*LISTEN/ },
    { run: "netstat -netupal | grep -i established | grep -i etcd", shows: /:2379 .*ESTABLISHED/ },
    {
      run: "ip netsh",
      shows: /Object "netsh" is unknown/,
      instead: { run: "ip netns", shows: /^cni-[0-9a-f-]+/m },
    },
    {
      run: "kubectl network ls",
      shows: /unknown command "network"/,
      instead: { run: "ip link show type bridge", shows: /mtu/ },
    },
  ],
  cni: [
    {
      run: "ps -aux | grep -i kubelet | grep -i runtime",
      shows: /--container-runtime-endpoint=unix:\/\/\S+containerd\.sock/,
    },
    { run: "ls /opt/cni/bin", shows: /^bridge$[^]*^host-local$/m },
    { run: "ls /etc/cni/net.d/", shows: /^10-\S+\.conflist$/m },
  ],
  ipam: [
    {
      run: "cd /etc/cni/net.d/net-script.conf",
      shows: /Not a directory/,
      instead: { run: "cat /etc/cni/net.d/net-script.conf", shows: /"type": "bridge"/ },
    },
  ],
  "deploy-network": [
    {
      run: `kubectl apply -f "https://cloud.weave.works/k8s/net?k8s-version=$(kubectl version | base64 | tr -d '\\n')"`,
      shows: /no such host/,
      instead: {
        run: "kubectl apply -f https://github.com/weaveworks/weave/releases/download/v2.8.1/weave-daemonset-k8s.yaml",
        shows: /daemonset\.apps\/weave-net created/,
      },
    },
    { run: "kubectl wait --for=condition=Ready node --all --timeout=120s", shows: /node01 condition met/ },
  ],
  "weave-networking": [
    { run: "cat /etc/cni/net.d/10-weave.conflist", shows: /"type": "weave-net"/ },
    {
      run: "kubectl get pods -A | grep -i weave",
      shows: /weave-net-\w+\s+2\/2\s+Running[^]*weave-net-\w+\s+2\/2\s+Running/,
      soon: true,
    },
    { run: "ip addr sh", shows: /\d+: weave: / },
    { run: "ip route sh", shows: /^default via [\d.]+ dev/m },
    { run: "kubectl run busybox --image=busybox sleep 10000", shows: /pod\/busybox created/ },
    { run: "kubectl wait --for=condition=Ready pod/busybox --timeout=120s", shows: /condition met/ },
    { run: "echo 'ip route sh' | kubectl exec -i busybox -- /bin/sh", shows: /default via [\d.]+ dev eth0/ },
  ],
  "service-networking": [
    {
      run: "ps -aux | grep kube-apiserver | grep -o 'service-cluster-ip-range=[^ ]*'",
      shows: /=[\d.]+\/\d+/,
    },
    { run: "cat /var/log/kube-proxy.log", shows: /Using iptables Proxier/i, soon: true },
    { run: "ssh node01 cat /var/log/kube-proxy.log", shows: /Using iptables Proxier/i, soon: true },
  ],
  coredns: [
    { run: "kubectl  get pods -A", shows: /kube-system\s+coredns-\S+\s+1\/1\s+Running/, soon: true },
    {
      run: "kubectl get services -n kube-system",
      shows: /kube-dns\s+ClusterIP\s+[\d.]+\s+<none>\s+53\/UDP,53\/TCP,9153\/TCP/,
    },
    {
      run: "dig +short @$(kubectl get svc -n kube-system kube-dns -o jsonpath='{.spec.clusterIP}') SRV _https._tcp.kubernetes.default.svc.$(kubectl get cm -n kube-system coredns -o jsonpath='{.data.Corefile}' | awk '$1 == \"kubernetes\" { print $2 }')",
      shows: / 443 kubernetes\.default\.svc\./,
    },
  ],
  "ingress-routing": [
    {
      run: 'kubectl create ingress ingress-test --rule="wear.my-online-store.com/wear*=wear-service:80"',
      shows: /ingress\.networking\.k8s\.io\/ingress-test created/,
    },
    {
      run: "kubectl get ingress ingress-test -o jsonpath='{.spec.rules[0].http.paths[0].path} {.spec.rules[0].http.paths[0].pathType}'",
      shows: /^\/wear Prefix$/,
    },
    {
      run: manifest(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ingress-wear-watch
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
spec:
  rules:
    - host: notes.example.com
      http:
        paths:
          - { path: /wear, pathType: Prefix, backend: { service: { name: wear-service, port: { number: 8080 } } } }
          - { path: /stream, pathType: Prefix, backend: { service: { name: video-service, port: { number: 8080 } } } }
`),
      shows: /ingress-wear-watch created/,
    },
    {
      run: "curl -s -o /dev/null -w '%{http_code}' -H 'Host: notes.example.com' http://node01:$(kubectl get svc -n ingress-nginx ingress-nginx-controller -o jsonpath='{.spec.ports[0].nodePort}')/eat",
      shows: /^404$/,
    },
  ],
  "ingress-deploy": [
    { run: "kubectl create namespace ingress-nginx", shows: /created/ },
    {
      run: "kubectl create sa ingress-nginx -n ingress-nginx",
      shows: /serviceaccount\/ingress-nginx created/,
    },
    {
      run: "kubectl create sa ingress-nginx-admission -n ingress-nginx",
      shows: /serviceaccount\/ingress-nginx-admission created/,
    },
  ],
  "gateway-api": [
    {
      run: "kubectl explain gateway.spec.listeners.allowedRoutes | more",
      shows: /FIELD: allowedRoutes <Object>[^]*namespaces/,
    },
    {
      run: `kubectl patch svc nginx-gateway -n nginx-gateway --type='json' -p='[
  {"op": "replace", "path": "/spec/ports/0/nodePort", "value": 30080},
  {"op": "replace", "path": "/spec/ports/1/nodePort", "value": 30081}
]'`,
      shows: /service\/nginx-gateway patched/,
    },
    {
      run: manifest(`
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: example-class }
spec: { controllerName: k8s.io/nginx }
`),
      shows: /gatewayclass\.gateway\.networking\.k8s\.io\/example-class created/,
    },
    // A name that no controller goes by is never accepted; the one of this cluster is.
    {
      run: "kubectl wait --for=condition=Accepted gatewayclass/example-class --timeout=2s",
      shows: /timed out waiting/,
      instead: {
        run: "kubectl get gatewayclass nginx -o jsonpath='{.spec.controllerName} {.status.conditions[?(@.type==\"Accepted\")].status}'",
        shows: /^gateway\.nginx\.org\/nginx-gateway-controller True$/,
      },
    },
    {
      run: manifest(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: shared-gateway }
spec:
  gatewayClassName: nginx
  listeners:
    - protocol: HTTP
      port: 80
      allowedRoutes: { namespaces: { from: All } }
`),
      shows: /spec\.listeners\[0\]\.name: Required value/,
      instead: {
        run: manifest(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: nginx-gateway, namespace: nginx-gateway }
spec:
  gatewayClassName: nginx
  listeners:
    - name: http
      protocol: HTTP
      port: 80
      allowedRoutes: { namespaces: { from: All } }
`),
        shows: /gateway\.gateway\.networking\.k8s\.io\/nginx-gateway created/,
      },
    },
    {
      run: manifest(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: frontend-route }
spec:
  parentRefs: [{ name: nginx-gateway, namespace: nginx-gateway }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: / } }]
      backendRefs: [{ name: stable-svc, port: 80 }]
`),
      shows: /httproute\.gateway\.networking\.k8s\.io\/frontend-route created/,
    },
    {
      run: "for i in $(seq 50); do curl -s -m 2 http://node01:30080/ | grep -x stable && break; sleep 0.2; done",
      shows: /^stable$/m,
    },
  ],
};
