import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { z } from "zod";
import {
  createAuthority,
  issue,
  keyIdOf,
  privateKeyPemOf,
  type Authority,
  type KeyPair,
} from "@/lib/core/x509/certificate";

const outsideCaName = "Root of the world outside this lab";

const keyPair = z.object({ certificatePem: z.string(), privateKeyPem: z.string() });

/** Every key and certificate of one cluster, under the names that kubeadm gives the files. Plain JSON, secret. */
export const clusterPki = z.object({
  ca: keyPair,
  apiserver: keyPair,
  apiserverKubeletClient: keyPair,
  frontProxyCa: keyPair,
  frontProxyClient: keyPair,
  etcdCa: keyPair,
  etcdServer: keyPair,
  etcdPeer: keyPair,
  etcdHealthcheckClient: keyPair,
  apiserverEtcdClient: keyPair,
  serviceAccount: z.object({ privateKeyPem: z.string(), publicKeyPem: z.string() }),
  admin: keyPair,
  superAdmin: keyPair,
  controllerManager: keyPair,
  scheduler: keyPair,
  /** Signs for the hosts of the world outside; the nodes trust it. */
  outsideCa: keyPair,
  /** By node name. */
  kubelets: z.record(z.string(), z.object({ client: keyPair, serving: keyPair })),
});
export type ClusterPki = z.infer<typeof clusterPki>;

export interface PkiFacts {
  controlPlane: { name: string; ip: string };
  nodes: { name: string; ip: string }[];
  /** The first address of the service range, which the `kubernetes` Service takes. */
  kubernetesServiceIp: string;
  domain: string;
  nowMs: number;
}

/**
 * Makes all of a cluster's keys, in a few milliseconds. Subjects, names and usages follow kubeadm 1.34
 * (cmd/kubeadm/app/phases/certs/certlist.go and phases/kubeconfig/kubeconfig.go).
 */
export function createClusterPki(facts: PkiFacts): ClusterPki {
  const { controlPlane, nowMs } = facts;
  const ca = createAuthority("kubernetes", nowMs);
  const frontProxyCa = createAuthority("front-proxy-ca", nowMs);
  const etcdCa = createAuthority("etcd-ca", nowMs);
  const client = (authority: Authority, commonName: string, ...organizations: string[]) =>
    issue(authority, { commonName, organizations, usages: ["clientAuth"], nowMs });
  const etcdNames = {
    dnsNames: [controlPlane.name, "localhost"],
    ips: [controlPlane.ip, "127.0.0.1", "::1"],
  };
  const etcdMember = () =>
    issue(etcdCa, {
      commonName: controlPlane.name,
      usages: ["serverAuth", "clientAuth"],
      ...etcdNames,
      nowMs,
    });
  const service = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    ca: plain(ca),
    apiserver: issue(ca, {
      commonName: "kube-apiserver",
      usages: ["serverAuth"],
      dnsNames: [
        controlPlane.name,
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        `kubernetes.default.svc.${facts.domain}`,
        "localhost",
      ],
      ips: [facts.kubernetesServiceIp, controlPlane.ip, "127.0.0.1"],
      nowMs,
    }),
    apiserverKubeletClient: client(ca, "kube-apiserver-kubelet-client", "kubeadm:cluster-admins"),
    frontProxyCa: plain(frontProxyCa),
    frontProxyClient: client(frontProxyCa, "front-proxy-client"),
    etcdCa: plain(etcdCa),
    etcdServer: etcdMember(),
    etcdPeer: etcdMember(),
    etcdHealthcheckClient: client(etcdCa, "kube-etcd-healthcheck-client"),
    apiserverEtcdClient: client(etcdCa, "kube-apiserver-etcd-client"),
    serviceAccount: {
      privateKeyPem: privateKeyPemOf(service.privateKey),
      publicKeyPem: service.publicKey.export({ type: "spki", format: "pem" }).toString(),
    },
    admin: client(ca, "kubernetes-admin", "kubeadm:cluster-admins"),
    superAdmin: client(ca, "kubernetes-super-admin", "system:masters"),
    controllerManager: client(ca, "system:kube-controller-manager"),
    scheduler: client(ca, "system:kube-scheduler"),
    outsideCa: plain(createAuthority(outsideCaName, nowMs)),
    kubelets: Object.fromEntries(facts.nodes.map((node) => [node.name, kubeletKeys(ca, node, nowMs)])),
  };
}

/** Keys for a node that joins: its client certificate and a serving certificate of a CA of its own, as the kubelet makes. */
export function kubeletKeys(ca: Authority, node: { name: string }, nowMs: number) {
  const servingCa = createAuthority(`${node.name}-ca@${Math.floor(nowMs / 1000)}`, nowMs);
  return {
    client: issue(ca, {
      commonName: `system:node:${node.name}`,
      organizations: ["system:nodes"],
      usages: ["clientAuth"],
      nowMs,
    }),
    serving: issue(servingCa, {
      commonName: `${node.name}@${Math.floor(nowMs / 1000)}`,
      usages: ["serverAuth"],
      // No address, as kubelets have it that sign for themselves: whoever verifies one by its address is refused.
      dnsNames: [node.name],
      nowMs,
    }),
  };
}

/** The authority of the world outside, able to sign again. */
export function outsideAuthority({ outsideCa }: ClusterPki): Authority {
  const publicKey = createPublicKey(outsideCa.privateKeyPem).export({ type: "spki", format: "der" });
  return authorityOf(outsideCa, outsideCaName, keyIdOf(publicKey));
}

/** An authority of stored keys, able to sign again. */
export function authorityOf(pair: KeyPair, commonName: string, keyId: Buffer): Authority {
  return { ...pair, commonName, keyId, privateKey: createPrivateKey(pair.privateKeyPem) };
}

export function publicKeyPemOf(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
}

function plain({ certificatePem, privateKeyPem }: KeyPair): KeyPair {
  return { certificatePem, privateKeyPem };
}
