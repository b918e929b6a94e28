import { stringify } from "yaml";
import { kubernetesService } from "@/lib/cluster/api/bootstrap/kubernetes-service";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterLayout } from "./facts";
import { kubeletConfiguration } from "./node-files";
import type { ClusterPki } from "../pki/cluster-pki";

/** The objects that `kubeadm init` leaves in the API besides its addons (phases uploadconfig, bootstraptoken, kubelet). */
export function kubeadmObjects(layout: ClusterLayout, pki: ClusterPki): KubeObject[] {
  const rbac = "rbac.authorization.k8s.io";
  const role = (name: string, resourceName: string): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: { name, namespace: "kube-system" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [resourceName], verbs: ["get"] }],
  });
  const group = (name: string) => ({ apiGroup: rbac, kind: "Group", name });
  const bind = (name: string, ...groups: string[]): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name, namespace: "kube-system" },
    roleRef: { apiGroup: rbac, kind: "Role", name },
    subjects: groups.map(group),
  });
  const bindCluster = (name: string, clusterRole: string, ...groups: string[]): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: clusterRole },
    subjects: groups.map(group),
  });
  const bootstrappers = "system:bootstrappers:kubeadm:default-node-token";
  const nodes = "system:nodes";
  return [
    ...kubernetesService({ serviceIp: layout.apiServiceIp, endpointIp: layout.controlPlane.ip, port: 6443 }),
    configMap("kubeadm-config", "kube-system", { ClusterConfiguration: clusterConfiguration(layout) }),
    configMap("kubelet-config", "kube-system", { kubelet: kubeletConfiguration(layout) }),
    configMap("cluster-info", "kube-public", { kubeconfig: clusterInfo(layout, pki) }),
    {
      ...configMap("extension-apiserver-authentication", "kube-system", {
        "client-ca-file": pki.ca.certificatePem,
        "requestheader-allowed-names": '["front-proxy-client"]',
        "requestheader-client-ca-file": pki.frontProxyCa.certificatePem,
        "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        "requestheader-group-headers": '["X-Remote-Group"]',
        "requestheader-username-headers": '["X-Remote-User"]',
      }),
    },
    role("kubeadm:nodes-kubeadm-config", "kubeadm-config"),
    bind("kubeadm:nodes-kubeadm-config", bootstrappers, nodes),
    role("kubeadm:kubelet-config", "kubelet-config"),
    bind("kubeadm:kubelet-config", nodes, bootstrappers),
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: "kubeadm:bootstrap-signer-clusterinfo", namespace: "kube-public" },
      rules: [
        { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-info"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "kubeadm:bootstrap-signer-clusterinfo", namespace: "kube-public" },
      roleRef: { apiGroup: rbac, kind: "Role", name: "kubeadm:bootstrap-signer-clusterinfo" },
      subjects: [{ apiGroup: rbac, kind: "User", name: "system:anonymous" }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "kubeadm:get-nodes" },
      rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }],
    },
    bindCluster("kubeadm:get-nodes", "kubeadm:get-nodes", bootstrappers),
    bindCluster("kubeadm:cluster-admins", "cluster-admin", "kubeadm:cluster-admins"),
    bindCluster("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", bootstrappers),
    bindCluster(
      "kubeadm:node-autoapprove-bootstrap",
      "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
      bootstrappers,
    ),
    bindCluster(
      "kubeadm:node-autoapprove-certificate-rotation",
      "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
      nodes,
    ),
  ];
}

function configMap(name: string, namespace: string, data: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

function clusterConfiguration(layout: ClusterLayout): string {
  return stringify({
    apiServer: {},
    apiVersion: "kubeadm.k8s.io/v1beta4",
    caCertificateValidityPeriod: "87600h0m0s",
    certificateValidityPeriod: "8760h0m0s",
    certificatesDir: "/etc/kubernetes/pki",
    clusterName: layout.name,
    controllerManager: {},
    dns: {},
    encryptionAlgorithm: "ECDSA-P256",
    etcd: { local: { dataDir: "/var/lib/etcd" } },
    imageRepository: "registry.k8s.io",
    kind: "ClusterConfiguration",
    kubernetesVersion: layout.version,
    networking: {
      dnsDomain: layout.domain,
      podSubnet: layout.podCidr,
      serviceSubnet: layout.serviceCidr,
    },
    proxy: {},
    scheduler: {},
  });
}

function clusterInfo(layout: ClusterLayout, pki: ClusterPki): string {
  return stringify(
    {
      apiVersion: "v1",
      clusters: [
        {
          cluster: {
            "certificate-authority-data": Buffer.from(pki.ca.certificatePem).toString("base64"),
            server: `https://${layout.controlPlane.ip}:6443`,
          },
          name: "",
        },
      ],
      contexts: null,
      "current-context": "",
      kind: "Config",
      preferences: {},
      users: null,
    },
    { lineWidth: 0 },
  );
}
