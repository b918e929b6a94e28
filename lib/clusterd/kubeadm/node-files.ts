import { stringify } from "yaml";
import type { ClusterPki } from "../pki/cluster-pki";
import { trustFiles } from "../trust-files";
import type { ClusterLayout } from "./facts";
import { kubeconfig } from "@/lib/cluster/client/kubeconfig";
import { staticManifests } from "./static-manifests";

export interface PlainFile {
  path: string;
  content: string;
  mode?: number;
}

const pkiFolder = "/etc/kubernetes/pki";

/** Every file that `kubeadm init` or `kubeadm join` leaves on a node, with its mode. */
export function nodeFiles(layout: ClusterLayout, pki: ClusterPki, nodeName: string): PlainFile[] {
  const node = layout.nodes.find(({ name }) => name === nodeName)!;
  const keys = pki.kubelets[nodeName]!;
  const server = `https://${layout.controlPlane.ip}:6443`;
  const shared = { server, caPem: pki.ca.certificatePem, clusterName: layout.name };
  const isControlPlane = node.role === "control-plane";
  return [
    { path: `${pkiFolder}/ca.crt`, content: pki.ca.certificatePem },
    {
      path: "/etc/kubernetes/kubelet.conf",
      content: kubeconfig({
        ...shared,
        user: isControlPlane ? `system:node:${nodeName}` : "default-auth",
        client: { certificatePath: "/var/lib/kubelet/pki/kubelet-client-current.pem" },
      }),
      mode: 0o600,
    },
    {
      path: "/var/lib/kubelet/pki/kubelet-client-current.pem",
      content: keys.client.certificatePem + keys.client.privateKeyPem,
      mode: 0o600,
    },
    { path: "/var/lib/kubelet/pki/kubelet.crt", content: keys.serving.certificatePem },
    { path: "/var/lib/kubelet/pki/kubelet.key", content: keys.serving.privateKeyPem, mode: 0o600 },
    { path: "/var/lib/kubelet/config.yaml", content: kubeletConfiguration(layout) },
    {
      path: "/var/lib/kubelet/kubeadm-flags.env",
      content:
        'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock --pod-infra-container-image=registry.k8s.io/pause:3.10.1"\n',
    },
    ...trustFiles(pki.outsideCa),
    { path: "/etc/default/kubelet", content: `KUBELET_EXTRA_ARGS=--node-ip=${node.ip}\n` },
    ...(isControlPlane ? controlPlaneFiles(layout, pki, shared) : []),
  ];
}

function controlPlaneFiles(
  layout: ClusterLayout,
  pki: ClusterPki,
  shared: { server: string; caPem: string; clusterName: string },
): PlainFile[] {
  const pair = (name: string, { certificatePem, privateKeyPem }: ClusterPki["ca"]): PlainFile[] => [
    { path: `${pkiFolder}/${name}.crt`, content: certificatePem },
    { path: `${pkiFolder}/${name}.key`, content: privateKeyPem, mode: 0o600 },
  ];
  const config = (path: string, user: string, client: ClusterPki["ca"]): PlainFile => ({
    path,
    content: kubeconfig({ ...shared, user, client }),
    mode: 0o600,
  });
  return [
    ...pair("ca", pki.ca),
    ...pair("apiserver", pki.apiserver),
    ...pair("apiserver-kubelet-client", pki.apiserverKubeletClient),
    ...pair("front-proxy-ca", pki.frontProxyCa),
    ...pair("front-proxy-client", pki.frontProxyClient),
    ...pair("apiserver-etcd-client", pki.apiserverEtcdClient),
    ...pair("etcd/ca", pki.etcdCa),
    ...pair("etcd/server", pki.etcdServer),
    ...pair("etcd/peer", pki.etcdPeer),
    ...pair("etcd/healthcheck-client", pki.etcdHealthcheckClient),
    { path: `${pkiFolder}/sa.key`, content: pki.serviceAccount.privateKeyPem, mode: 0o600 },
    { path: `${pkiFolder}/sa.pub`, content: pki.serviceAccount.publicKeyPem, mode: 0o600 },
    config("/etc/kubernetes/admin.conf", "kubernetes-admin", pki.admin),
    config("/etc/kubernetes/super-admin.conf", "kubernetes-super-admin", pki.superAdmin),
    config(
      "/etc/kubernetes/controller-manager.conf",
      "system:kube-controller-manager",
      pki.controllerManager,
    ),
    config("/etc/kubernetes/scheduler.conf", "system:kube-scheduler", pki.scheduler),
    config("/root/.kube/config", "kubernetes-admin", pki.admin),
    ...staticManifests(layout).map((file) => ({ ...file, mode: 0o600 })),
  ];
}

/** /var/lib/kubelet/config.yaml as kubeadm 1.34 writes it. */
export function kubeletConfiguration(layout: ClusterLayout): string {
  const zero = "0s";
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: zero, enabled: true },
      x509: { clientCAFile: `${pkiFolder}/ca.crt` },
    },
    authorization: {
      mode: "Webhook",
      webhook: { cacheAuthorizedTTL: zero, cacheUnauthorizedTTL: zero },
    },
    cgroupDriver: "systemd",
    clusterDNS: [layout.dnsIp],
    clusterDomain: layout.domain,
    containerRuntimeEndpoint: "",
    cpuManagerReconcilePeriod: zero,
    crashLoopBackOff: {},
    evictionPressureTransitionPeriod: zero,
    fileCheckFrequency: zero,
    healthzBindAddress: "127.0.0.1",
    healthzPort: 10248,
    httpCheckFrequency: zero,
    imageMaximumGCAge: zero,
    imageMinimumGCAge: zero,
    kind: "KubeletConfiguration",
    logging: {
      flushFrequency: 0,
      options: { json: { infoBufferSize: "0" }, text: { infoBufferSize: "0" } },
      verbosity: 0,
    },
    memorySwap: {},
    nodeStatusReportFrequency: zero,
    nodeStatusUpdateFrequency: zero,
    rotateCertificates: true,
    runtimeRequestTimeout: zero,
    shutdownGracePeriod: zero,
    shutdownGracePeriodCriticalPods: zero,
    staticPodPath: "/etc/kubernetes/manifests",
    streamingConnectionIdleTimeout: zero,
    syncFrequency: zero,
    volumeStatsAggPeriod: zero,
  });
}
