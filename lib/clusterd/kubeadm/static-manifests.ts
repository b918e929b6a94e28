import { stringify } from "yaml";
import type { Container, Probe } from "@/lib/cluster/resources/types";
import type { ClusterLayout } from "./facts";

const etcdImage = "registry.k8s.io/etcd:3.6.5-0";

/** The four manifests of /etc/kubernetes/manifests as kubeadm 1.34 writes them (phases/controlplane, phases/etcd). */
export function staticManifests(layout: ClusterLayout): { path: string; content: string }[] {
  return [etcd(layout), apiServer(layout), controllerManager(layout), scheduler(layout)].map(
    ({ name, ...manifest }) => ({
      path: `/etc/kubernetes/manifests/${name}.yaml`,
      content: stringify(podOf(name, manifest), { lineWidth: 0 }),
    }),
  );
}

interface Manifest {
  name: string;
  image: string;
  command: string[];
  cpu: string;
  memory?: string;
  probes: Pick<Container, "livenessProbe" | "readinessProbe" | "startupProbe">;
  ports: { name: string; containerPort: number; protocol: string }[];
  hostPaths: { name: string; path: string; type: string; readOnly?: boolean; isFirst?: boolean }[];
  annotations?: Record<string, string>;
}

function podOf(name: string, manifest: Omit<Manifest, "name">) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
      labels: { component: name, tier: "control-plane" },
      name,
      namespace: "kube-system",
    },
    spec: {
      containers: [
        {
          command: manifest.command,
          image: manifest.image,
          imagePullPolicy: "IfNotPresent",
          ...(manifest.probes.livenessProbe ? { livenessProbe: manifest.probes.livenessProbe } : {}),
          name,
          ports: manifest.ports,
          ...(manifest.probes.readinessProbe ? { readinessProbe: manifest.probes.readinessProbe } : {}),
          resources: {
            requests: { cpu: manifest.cpu, ...(manifest.memory ? { memory: manifest.memory } : {}) },
          },
          ...(manifest.probes.startupProbe ? { startupProbe: manifest.probes.startupProbe } : {}),
          volumeMounts: manifest.hostPaths.map((mount) => ({
            mountPath: mount.path,
            name: mount.name,
            ...(mount.readOnly ? { readOnly: true } : {}),
          })),
        },
      ],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: "system-node-critical",
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      volumes: manifest.hostPaths.map(({ name: volume, path, type }) => ({
        hostPath: { path, type },
        name: volume,
      })),
    },
    status: {},
  };
}

const caFolders: Manifest["hostPaths"] = [
  { name: "ca-certs", path: "/etc/ssl/certs", type: "DirectoryOrCreate", readOnly: true },
  { name: "etc-ca-certificates", path: "/etc/ca-certificates", type: "DirectoryOrCreate", readOnly: true },
  {
    name: "usr-local-share-ca-certificates",
    path: "/usr/local/share/ca-certificates",
    type: "DirectoryOrCreate",
    readOnly: true,
  },
  {
    name: "usr-share-ca-certificates",
    path: "/usr/share/ca-certificates",
    type: "DirectoryOrCreate",
    readOnly: true,
  },
];
const pkiFolder = {
  name: "k8s-certs",
  path: "/etc/kubernetes/pki",
  type: "DirectoryOrCreate",
  readOnly: true,
};

function probe(path: string, port: string, host: string, scheme: string, more: Partial<Probe>): Probe {
  return { failureThreshold: 8, httpGet: { host, path, port, scheme }, timeoutSeconds: 15, ...more };
}

function probesOf(host: string, live: string, ready: string, scheme = "HTTPS"): Manifest["probes"] {
  return {
    livenessProbe: probe(live, "probe-port", host, scheme, { initialDelaySeconds: 10, periodSeconds: 10 }),
    readinessProbe: probe(ready, "probe-port", host, scheme, { failureThreshold: 3, periodSeconds: 1 }),
    startupProbe: probe(scheme === "HTTP" ? ready : live, "probe-port", host, scheme, {
      failureThreshold: 24,
      initialDelaySeconds: 10,
      periodSeconds: 10,
    }),
  };
}

const pki = "/etc/kubernetes/pki";

function apiServer(layout: ClusterLayout): Manifest {
  const { ip } = layout.controlPlane;
  return {
    name: "kube-apiserver",
    image: `registry.k8s.io/kube-apiserver:${layout.version}`,
    annotations: { "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": `${ip}:6443` },
    command: [
      "kube-apiserver",
      `--advertise-address=${ip}`,
      "--allow-privileged=true",
      "--authorization-mode=Node,RBAC",
      `--client-ca-file=${pki}/ca.crt`,
      "--enable-admission-plugins=NodeRestriction",
      "--enable-bootstrap-token-auth=true",
      `--etcd-cafile=${pki}/etcd/ca.crt`,
      `--etcd-certfile=${pki}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${pki}/apiserver-etcd-client.key`,
      "--etcd-servers=https://127.0.0.1:2379",
      `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      "--requestheader-allowed-names=front-proxy-client",
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      "--secure-port=6443",
      `--service-account-issuer=https://kubernetes.default.svc.${layout.domain}`,
      `--service-account-key-file=${pki}/sa.pub`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      `--service-cluster-ip-range=${layout.serviceCidr}`,
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
    ],
    cpu: "250m",
    ports: [{ name: "probe-port", containerPort: 6443, protocol: "TCP" }],
    probes: probesOf(ip, "/livez", "/readyz"),
    hostPaths: [caFolders[0]!, caFolders[1]!, pkiFolder, caFolders[2]!, caFolders[3]!],
  };
}

function controllerManager(layout: ClusterLayout): Manifest {
  const conf = "/etc/kubernetes/controller-manager.conf";
  return {
    name: "kube-controller-manager",
    image: `registry.k8s.io/kube-controller-manager:${layout.version}`,
    command: [
      "kube-controller-manager",
      "--allocate-node-cidrs=true",
      `--authentication-kubeconfig=${conf}`,
      `--authorization-kubeconfig=${conf}`,
      "--bind-address=127.0.0.1",
      `--client-ca-file=${pki}/ca.crt`,
      `--cluster-cidr=${layout.podCidr}`,
      `--cluster-name=${layout.name}`,
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      "--controllers=*,bootstrapsigner,tokencleaner",
      `--kubeconfig=${conf}`,
      "--leader-elect=true",
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      `--root-ca-file=${pki}/ca.crt`,
      `--service-account-private-key-file=${pki}/sa.key`,
      `--service-cluster-ip-range=${layout.serviceCidr}`,
      "--use-service-account-credentials=true",
    ],
    cpu: "200m",
    ports: [{ name: "probe-port", containerPort: 10257, protocol: "TCP" }],
    probes: withoutReadiness(probesOf("127.0.0.1", "/healthz", "/healthz")),
    hostPaths: [
      caFolders[0]!,
      caFolders[1]!,
      {
        name: "flexvolume-dir",
        path: "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
        type: "DirectoryOrCreate",
      },
      pkiFolder,
      { name: "kubeconfig", path: conf, type: "FileOrCreate", readOnly: true },
      caFolders[2]!,
      caFolders[3]!,
    ],
  };
}

function scheduler(layout: ClusterLayout): Manifest {
  const conf = "/etc/kubernetes/scheduler.conf";
  return {
    name: "kube-scheduler",
    image: `registry.k8s.io/kube-scheduler:${layout.version}`,
    command: [
      "kube-scheduler",
      `--authentication-kubeconfig=${conf}`,
      `--authorization-kubeconfig=${conf}`,
      "--bind-address=127.0.0.1",
      `--kubeconfig=${conf}`,
      "--leader-elect=true",
    ],
    cpu: "100m",
    ports: [{ name: "probe-port", containerPort: 10259, protocol: "TCP" }],
    probes: probesOf("127.0.0.1", "/livez", "/readyz"),
    hostPaths: [{ name: "kubeconfig", path: conf, type: "FileOrCreate", readOnly: true }],
  };
}

function etcd(layout: ClusterLayout): Manifest {
  const { name, ip } = layout.controlPlane;
  return {
    name: "etcd",
    image: etcdImage,
    annotations: { "kubeadm.kubernetes.io/etcd.advertise-client-urls": `https://${ip}:2379` },
    command: [
      "etcd",
      `--advertise-client-urls=https://${ip}:2379`,
      `--cert-file=${pki}/etcd/server.crt`,
      "--client-cert-auth=true",
      "--data-dir=/var/lib/etcd",
      "--feature-gates=InitialCorruptCheck=true",
      `--initial-advertise-peer-urls=https://${ip}:2380`,
      `--initial-cluster=${name}=https://${ip}:2380`,
      `--key-file=${pki}/etcd/server.key`,
      `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
      "--listen-metrics-urls=http://127.0.0.1:2381",
      `--listen-peer-urls=https://${ip}:2380`,
      `--name=${name}`,
      `--peer-cert-file=${pki}/etcd/peer.crt`,
      "--peer-client-cert-auth=true",
      `--peer-key-file=${pki}/etcd/peer.key`,
      `--peer-trusted-ca-file=${pki}/etcd/ca.crt`,
      "--snapshot-count=10000",
      `--trusted-ca-file=${pki}/etcd/ca.crt`,
      "--watch-progress-notify-interval=5s",
    ],
    cpu: "100m",
    memory: "100Mi",
    ports: [{ name: "probe-port", containerPort: 2381, protocol: "TCP" }],
    probes: probesOf("127.0.0.1", "/livez", "/readyz", "HTTP"),
    hostPaths: [
      { name: "etcd-data", path: "/var/lib/etcd", type: "DirectoryOrCreate" },
      { name: "etcd-certs", path: `${pki}/etcd`, type: "DirectoryOrCreate" },
    ],
  };
}

function withoutReadiness({ livenessProbe, startupProbe }: Manifest["probes"]): Manifest["probes"] {
  return { livenessProbe, startupProbe };
}
