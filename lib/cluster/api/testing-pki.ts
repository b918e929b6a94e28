import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@/lib/core/run-command";
import type { KeyPair } from "./types";

/** Certificates of test clusters, made by openssl; real clusters bring their own (see ClusterOptions.ca). */
export async function createTestAuthority(): Promise<KeyPair> {
  return request("/CN=kubernetes", ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]);
}

/** `subject` as openssl writes it: "/O=system:masters/CN=admin". `names`: "DNS:localhost,IP:127.0.0.1". */
export async function issueTestCertificate(
  ca: KeyPair,
  subject: string,
  usage: "clientAuth" | "serverAuth",
  names?: string,
): Promise<KeyPair> {
  const extensions = ["basicConstraints=critical,CA:FALSE", `extendedKeyUsage=${usage}`];
  if (names) extensions.push(`subjectAltName=${names}`);
  return request(
    subject,
    extensions.flatMap((one) => ["-addext", one]),
    ca,
  );
}

async function request(subject: string, extensions: string[], ca?: KeyPair): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), "examctl-pki-"));
  const file = (name: string) => join(folder, name);
  try {
    const issuer: string[] = [];
    if (ca) {
      await writeFile(file("ca.crt"), ca.certificatePem);
      await writeFile(file("ca.key"), ca.privateKeyPem);
      issuer.push("-CA", file("ca.crt"), "-CAkey", file("ca.key"));
    }
    await runCommand([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...[
        "-keyout",
        file("key"),
        "-out",
        file("crt"),
        "-days",
        "30",
        "-subj",
        subject,
        ...issuer,
        ...extensions,
      ],
    ]);
    return {
      certificatePem: await readFile(file("crt"), "utf8"),
      privateKeyPem: await readFile(file("key"), "utf8"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
