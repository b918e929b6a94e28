import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bitString,
  boolean,
  context,
  contextPrimitive,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der";

/** A certificate and its private key as PEM (SEC 1 "EC PRIVATE KEY", as kubeadm writes ECDSA keys). */
export interface KeyPair {
  certificatePem: string;
  privateKeyPem: string;
}

/** A key pair that can sign others in this process. */
export interface Authority extends KeyPair {
  privateKey: KeyObject;
  commonName: string;
  keyId: Buffer;
}

export interface LeafOptions {
  commonName: string;
  organizations?: string[];
  usages: ("serverAuth" | "clientAuth")[];
  dnsNames?: string[];
  ips?: string[];
  nowMs: number;
}

export const oids = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  altName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};
const dayMs = 24 * 3600 * 1000;
/** kubeadm's NotBefore lies a little in the past so that clocks may differ. */
const skewMs = 5 * 60 * 1000;

/** A self-signed CA for ten years. ECDSA P-256: an RSA key would take a tenth of a second. */
export function createAuthority(commonName: string, nowMs: number): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const keyId = keyIdOf(spki);
  const extensions = [
    extension(oids.keyUsage, true, bitString(Buffer.from([0b10100100]), 2)),
    extension(oids.basicConstraints, true, sequence(boolean(true))),
    extension(oids.subjectKeyId, false, octetString(keyId)),
    extension(oids.altName, false, sequence(contextPrimitive(2, Buffer.from(commonName)))),
  ];
  const subject = nameOf(commonName, []);
  const certificatePem = signCertificate({
    subject,
    issuer: subject,
    spki,
    extensions,
    signWith: privateKey,
    fromMs: nowMs - skewMs,
    untilMs: nowMs + 3650 * dayMs,
  });
  return { certificatePem, privateKeyPem: privateKeyPemOf(privateKey), privateKey, commonName, keyId };
}

/** A certificate for one year, signed by `authority`, with a key of its own. */
export function issue(authority: Authority, options: LeafOptions): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const names = [
    ...(options.dnsNames ?? []).map((name) => contextPrimitive(2, Buffer.from(name))),
    ...(options.ips ?? []).map((ip) => contextPrimitive(7, ipBytes(ip))),
  ];
  const extensions = [
    extension(oids.keyUsage, true, bitString(Buffer.from([0b10100000]), 5)),
    extension(
      oids.extendedKeyUsage,
      false,
      sequence(...options.usages.map((usage) => objectIdentifier(oids[usage]))),
    ),
    extension(oids.basicConstraints, true, sequence()),
    extension(oids.authorityKeyId, false, sequence(contextPrimitive(0, authority.keyId))),
    ...(names.length > 0 ? [extension(oids.altName, false, sequence(...names))] : []),
  ];
  const certificatePem = signCertificate({
    subject: nameOf(options.commonName, options.organizations ?? []),
    issuer: nameOf(authority.commonName, []),
    spki: publicKey.export({ type: "spki", format: "der" }),
    extensions,
    signWith: authority.privateKey,
    fromMs: options.nowMs - skewMs,
    untilMs: options.nowMs + 365 * dayMs,
  });
  return { certificatePem, privateKeyPem: privateKeyPemOf(privateKey) };
}

export function privateKeyPemOf(key: KeyObject): string {
  return key.export({ type: "sec1", format: "pem" }).toString();
}

export function signCertificate(parts: {
  subject: Buffer;
  issuer: Buffer;
  spki: Buffer;
  extensions: Buffer[];
  signWith: KeyObject;
  fromMs: number;
  untilMs: number;
}): string {
  const algorithm = sequence(objectIdentifier(oids.ecdsaWithSha256));
  const serial = randomBytes(8);
  serial[0]! &= 0x7f;
  const tbs = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    parts.issuer,
    sequence(time(parts.fromMs), time(parts.untilMs)),
    parts.subject,
    parts.spki,
    context(3, sequence(...parts.extensions)),
  );
  const signature = sign("sha256", tbs, parts.signWith);
  return pem("CERTIFICATE", sequence(tbs, algorithm, bitString(signature)));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function nameOf(commonName: string, organizations: string[]): Buffer {
  const attribute = (oid: string, value: string) => set(sequence(objectIdentifier(oid), utf8String(value)));
  return sequence(
    ...organizations.map((value) => attribute(oids.organization, value)),
    attribute(oids.commonName, commonName),
  );
}

export function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits. For P-256 they are the last 65 bytes. */
export function keyIdOf(spki: Buffer): Buffer {
  return createHash("sha1").update(spki.subarray(-65)).digest();
}

function ipBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split(".").map(Number));
  if (!isIPv6(ip) || /[.%]/.test(ip)) throw new Error(`No certificate for the address ${ip}.`);
  const [before, after] = ip.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = Array<string>(8 - before!.length - (after?.length ?? 0)).fill("0");
  const groups = [...before!, ...zeros, ...(after ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
