import { stringify } from "yaml";
import type { KubeadmCommand } from "./kubeadm";

const apiVersion = "kubeadm.k8s.io/v1beta4";
const token = "abcdef.0123456789abcdef";
const nodeRegistration = {
  criSocket: "unix:///var/run/containerd/containerd.sock",
  imagePullPolicy: "IfNotPresent",
  imagePullSerial: true,
  name: "node",
  taints: null,
};
const timeouts = {
  controlPlaneComponentHealthCheck: "4m0s",
  discovery: "5m0s",
  etcdAPICall: "2m0s",
  kubeletHealthCheck: "4m0s",
  kubernetesAPICall: "1m0s",
  tlsBootstrap: "5m0s",
  upgradeManifests: "5m0s",
};

/** `kubeadm config print init-defaults` of 1.34 (cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go). */
export const printInitDefaults: KubeadmCommand = (session) => {
  const init = {
    apiVersion,
    bootstrapTokens: [
      {
        groups: ["system:bootstrappers:kubeadm:default-node-token"],
        ...{ token, ttl: "24h0m0s", usages: ["signing", "authentication"] },
      },
    ],
    kind: "InitConfiguration",
    localAPIEndpoint: { advertiseAddress: "1.2.3.4", bindPort: 6443 },
    ...{ nodeRegistration, timeouts },
  };
  const cluster = {
    apiServer: {},
    apiVersion,
    caCertificateValidityPeriod: "87600h0m0s",
    certificateValidityPeriod: "8760h0m0s",
    certificatesDir: "/etc/kubernetes/pki",
    clusterName: "kubernetes",
    controllerManager: {},
    dns: {},
    encryptionAlgorithm: "RSA-2048",
    etcd: { local: { dataDir: "/var/lib/etcd" } },
    imageRepository: "registry.k8s.io",
    kind: "ClusterConfiguration",
    kubernetesVersion: "1.34.0",
    networking: { dnsDomain: "cluster.local", serviceSubnet: "10.96.0.0/12" },
    proxy: {},
    scheduler: {},
  };
  session.printOut(`${yaml(init)}---\n${yaml(cluster)}`.trimEnd());
  return Promise.resolve();
};

export const printJoinDefaults: KubeadmCommand = (session) => {
  const join = {
    apiVersion,
    caCertPath: "/etc/kubernetes/pki/ca.crt",
    discovery: {
      bootstrapToken: { apiServerEndpoint: "kube-apiserver:6443", token, unsafeSkipCAVerification: true },
      tlsBootstrapToken: token,
    },
    kind: "JoinConfiguration",
    ...{ nodeRegistration, timeouts },
  };
  session.printOut(yaml(join).trimEnd());
  return Promise.resolve();
};

/** As Go writes it: the items of a list at its key's own indentation. */
function yaml(object: object): string {
  return stringify(object, { indentSeq: false, lineWidth: 0 });
}
