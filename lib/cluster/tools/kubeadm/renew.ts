import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { issue, keyIdOf, type Authority, type KeyPair } from "@/lib/core/x509/certificate";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { kubeconfig } from "@/lib/cluster/client/kubeconfig";
import { parseOptions } from "../options";
import { certificates, type CertificateFile } from "./certificates";
import { fail } from "./fail";
import type { KubeadmCommand } from "./kubeadm";

const pki = "/etc/kubernetes/pki";

/**
 * `kubeadm certs renew NAME|all` (cmd/kubeadm/app/phases/certs/renewal): a new key and a year more for the same subject
 * and names, signed by the authority whose files are there. Who runs goes on with what it read.
 */
export const renewCertificates: KubeadmCommand = async (session, { clock }, argv) => {
  const { words } = parseOptions(argv, {
    "cert-dir": "value",
    config: "value",
    kubeconfig: "value",
    v: "value",
  });
  const [name] = words;
  const chosen = name === "all" ? certificates : certificates.filter((one) => one.name === name);
  if (name === undefined)
    return fail(session, 'missing subcommand; "renew" is not meant to be run on its own');
  if (chosen.length === 0)
    return fail(session, `unknown command ${JSON.stringify(name)} for "kubeadm certs renew"`);
  session.printOut(
    [
      '[renew] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...',
      "[renew] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.",
      "",
    ].join("\n"),
  );
  for (const one of chosen) {
    const isDone = await renew(session, one, clock.now());
    if (isDone) session.printOut(`${one.title} renewed`);
    else if (name === "all") session.printOut(`MISSING! ${one.title}`);
    else
      return fail(
        session,
        `failed to load certificate ${one.name}: couldn't load the certificate file ${one.path}: open ${one.path}: no such file or directory`,
      );
  }
  if (name === "all")
    session.printOut(
      "\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.",
    );
};

/** `kubeadm kubeconfig user --client-name NAME --org GROUP`: a kubeconfig for somebody of these groups. */
export const userKubeconfig: KubeadmCommand = async (session, { clock, cluster }, argv) => {
  const options = parseOptions(argv, {
    ...{
      "client-name": "value",
      org: "value",
      config: "value",
      token: "value",
      "validity-period": "value",
      v: "value",
    },
  });
  const commonName = options.value("client-name");
  if (!commonName) return fail(session, 'required flag(s) "client-name" not set');
  const authority = await authorityAt(session, `${pki}/ca`);
  const client = issue(authority, {
    commonName,
    organizations: (options.value("org") ?? "").split(",").filter(Boolean),
    usages: ["clientAuth"],
    nowMs: clock.now(),
  });
  session.printOut(
    kubeconfig({
      server: `https://${cluster.controlPlane.ip}:6443`,
      caPem: authority.certificatePem,
      clusterName: "kubernetes",
      user: commonName,
      client,
    }).trimEnd(),
  );
};

/** False when the certificate is not there. */
async function renew(session: AgentSession, one: CertificateFile, nowMs: number): Promise<boolean> {
  const text = await session.readFile(one.path).catch(() => undefined);
  if (text === undefined) return false;
  const inline = /client-certificate-data:\s*(\S+)/.exec(text)?.[1];
  const old = new X509Certificate(inline ? Buffer.from(inline, "base64") : text);
  const authority = await authorityAt(session, one.authorityPath);
  const made = issue(authority, { ...subjectOf(old), nowMs });
  if (inline) {
    const base64 = (pem: string) => Buffer.from(pem).toString("base64");
    const renewed = text
      .replace(/client-certificate-data:\s*\S+/, `client-certificate-data: ${base64(made.certificatePem)}`)
      .replace(/client-key-data:\s*\S+/, `client-key-data: ${base64(made.privateKeyPem)}`);
    await session.writeFile(one.path, renewed, 0o600);
    return true;
  }
  await session.writeFile(one.path.replace(/crt$/, "key"), made.privateKeyPem, 0o600);
  await session.writeFile(one.path, made.certificatePem);
  return true;
}

/** Throws with kubeadm's words without both files of an authority. */
async function authorityAt(session: AgentSession, path: string): Promise<Authority> {
  const read = (file: string) =>
    session
      .readFile(file)
      .catch((failure: Error) => fail(session, `failure loading CA certificate: ${failure.message}`));
  const [certificatePem, privateKeyPem] = await Promise.all([read(`${path}.crt`), read(`${path}.key`)]);
  const pair: KeyPair = { certificatePem, privateKeyPem };
  const privateKey = createPrivateKey(privateKeyPem);
  if (privateKey.asymmetricKeyType !== "ec")
    return fail(session, "renewing with an RSA authority is not supported in this lab.");
  const commonName = nameIn(new X509Certificate(certificatePem).subject, "CN")[0] ?? "";
  const keyId = keyIdOf(createPublicKey(privateKey).export({ type: "spki", format: "der" }));
  return { ...pair, privateKey, commonName, keyId };
}

function subjectOf(old: X509Certificate) {
  const names = (old.subjectAltName ?? "").split(", ");
  const namesOf = (kind: string) =>
    names.filter((one) => one.startsWith(kind)).map((one) => one.slice(kind.length));
  const oids = old.keyUsage ?? [];
  const isServer = oids.includes("1.3.6.1.5.5.7.3.1");
  const isClient = oids.includes("1.3.6.1.5.5.7.3.2");
  return {
    commonName: nameIn(old.subject, "CN")[0] ?? "",
    organizations: nameIn(old.subject, "O"),
    usages: [...(isServer ? ["serverAuth" as const] : []), ...(isClient ? ["clientAuth" as const] : [])],
    dnsNames: namesOf("DNS:"),
    ips: namesOf("IP Address:"),
  };
}

function nameIn(subject: string, key: string): string[] {
  return subject
    .split("\n")
    .flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}
