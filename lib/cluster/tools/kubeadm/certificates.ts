const pki = "/etc/kubernetes/pki";

/** A certificate that kubeadm keeps: its file, who signs it, and what kubeadm calls it. */
export interface CertificateFile {
  name: string;
  path: string;
  authority: "ca" | "etcd-ca" | "front-proxy-ca";
  /** Without ".crt" and ".key". */
  authorityPath: string;
  title: string;
}

const authorityPaths = {
  ca: `${pki}/ca`,
  "etcd-ca": `${pki}/etcd/ca`,
  "front-proxy-ca": `${pki}/front-proxy-ca`,
};

const row = (
  name: string,
  path: string,
  authority: CertificateFile["authority"],
  title: string,
): CertificateFile => ({ name, path, authority, authorityPath: authorityPaths[authority], title });

const embedded = (who: string) => `certificate embedded in the kubeconfig file for the ${who}`;

/** In the order of kubeadm's tables (cmd/kubeadm/app/phases/certs/renewal/manager.go). */
export const certificates: CertificateFile[] = [
  row("admin.conf", "/etc/kubernetes/admin.conf", "ca", embedded("admin to use and for kubeadm itself")),
  row("apiserver", `${pki}/apiserver.crt`, "ca", "certificate for serving the Kubernetes API"),
  row(
    "apiserver-etcd-client",
    `${pki}/apiserver-etcd-client.crt`,
    "etcd-ca",
    "certificate the apiserver uses to access etcd",
  ),
  row(
    "apiserver-kubelet-client",
    `${pki}/apiserver-kubelet-client.crt`,
    "ca",
    "certificate for the API server to connect to kubelet",
  ),
  row(
    "controller-manager.conf",
    "/etc/kubernetes/controller-manager.conf",
    "ca",
    embedded("controller manager to use"),
  ),
  row(
    "etcd-healthcheck-client",
    `${pki}/etcd/healthcheck-client.crt`,
    "etcd-ca",
    "certificate for liveness probes to healthcheck etcd",
  ),
  row(
    "etcd-peer",
    `${pki}/etcd/peer.crt`,
    "etcd-ca",
    "certificate for etcd nodes to communicate with each other",
  ),
  row("etcd-server", `${pki}/etcd/server.crt`, "etcd-ca", "certificate for serving etcd"),
  row(
    "front-proxy-client",
    `${pki}/front-proxy-client.crt`,
    "front-proxy-ca",
    "certificate for the front proxy client",
  ),
  row("scheduler.conf", "/etc/kubernetes/scheduler.conf", "ca", embedded("scheduler manager to use")),
  row("super-admin.conf", "/etc/kubernetes/super-admin.conf", "ca", embedded("super-admin")),
];

export const authorities = (["ca", "etcd-ca", "front-proxy-ca"] as const).map((name) => ({
  name,
  path: `${authorityPaths[name]}.crt`,
}));
