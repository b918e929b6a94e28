import { createPublicKey, createPrivateKey, verify, X509Certificate } from "node:crypto";
import { AppError } from "../app-error";
import { extension, keyIdOf, oids, signCertificate, type KeyPair } from "./certificate";
import { bitString, contextPrimitive, objectIdentifier, sequence } from "./der";
import { oidOf, partsOf, readAll, type DerValue } from "./der-reader";

/** A PKCS #10 request whose signature holds: who asks, for what names, with which key. */
export interface CertificateRequest {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  emails: string[];
  uris: string[];
  /** How many addresses it names. */
  ipCount: number;
  subjectDer: Buffer;
  publicKeyDer: Buffer;
  /** The subjectAltName extension as it was asked for. */
  altNameDer?: Buffer;
}

const extensionRequest = "1.2.840.113549.1.9.14";
const digests: Record<string, string | null> = {
  "1.2.840.113549.1.1.5": "sha1",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": null,
};

/** Reads a PEM request. Throws AppError when it is malformed or was not signed by its own key. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1] ?? "";
  const [info, algorithm, signature] = partsOf(readAll(Buffer.from(body, "base64"))[0]);
  const [, subject, publicKey, attributes] = partsOf(info);
  const digest = digests[oidOf(partsOf(algorithm)[0])];
  const refuse = (why: string): never => {
    throw new AppError("invalid", `The certificate request cannot be used: ${why}.`);
  };
  if (digest === undefined || !signature) return refuse("its signature algorithm is unknown");
  try {
    const key = createPublicKey({ key: publicKey!.raw, format: "der", type: "spki" });
    if (!verify(digest, info!.raw, key, signature.content.subarray(1)))
      return refuse("its signature is wrong");
  } catch (failure) {
    if (failure instanceof AppError) throw failure;
    return refuse("its key cannot be read");
  }
  const names = altNames(attributes);
  const strings = (tag: number) =>
    names.parts.filter((one) => one.tag === tag).map(({ content }) => content.toString("latin1"));
  const subjectValues = (oid: string) =>
    partsOf(subject)
      .flatMap((set) => partsOf(set, 0x31))
      .map((attribute) => partsOf(attribute))
      .filter(([type]) => oidOf(type) === oid)
      .map(([, value]) => value!.content.toString("utf8"));
  return {
    commonName: subjectValues(oids.commonName).at(-1) ?? "",
    organizations: subjectValues(oids.organization),
    emails: strings(0x81),
    dnsNames: strings(0x82),
    uris: strings(0x86),
    ipCount: strings(0x87).length,
    subjectDer: subject!.raw,
    publicKeyDer: publicKey!.raw,
    ...(names.der ? { altNameDer: names.der } : {}),
  };
}

function altNames(attributes: DerValue | undefined): { parts: DerValue[]; der?: Buffer } {
  for (const attribute of attributes ? readAll(attributes.content) : []) {
    const [type, values] = partsOf(attribute);
    if (oidOf(type) !== extensionRequest) continue;
    for (const one of partsOf(partsOf(values, 0x31)[0])) {
      const parts = partsOf(one);
      if (oidOf(parts[0]) !== oids.altName) continue;
      return { parts: partsOf(readAll(parts.at(-1)!.content)[0]), der: one.raw };
    }
  }
  return { parts: [] };
}

/** Bits of keyUsage, and purposes of extendedKeyUsage, by the names that the certificates API has for them. */
const keyUsageBits: Record<string, number> = {
  signing: 0,
  "digital signature": 0,
  "content commitment": 1,
  "key encipherment": 2,
  "data encipherment": 3,
  "key agreement": 4,
  "cert sign": 5,
  "crl sign": 6,
};
const purposes: Record<string, string> = {
  any: "2.5.29.37.0",
  "server auth": oids.serverAuth,
  "client auth": oids.clientAuth,
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
};

export interface SigningOptions {
  usages: string[];
  fromMs: number;
  untilMs: number;
}

/** Signs a request with a P-256 authority: a PEM certificate of the subject, key and names that it asks for. */
export function signCertificateRequest(
  ca: KeyPair,
  request: CertificateRequest,
  { usages, fromMs, untilMs }: SigningOptions,
): string {
  const authority = new X509Certificate(ca.certificatePem);
  const issuer = partsOf(partsOf(readAll(authority.raw)[0])[0])[5]!.raw;
  const keyId = keyIdOf(authority.publicKey.export({ type: "spki", format: "der" }));
  const bits = usages.reduce((sum, usage) => {
    const bit = keyUsageBits[usage];
    return bit === undefined ? sum : sum | (0x80 >> bit);
  }, 0);
  const extended = usages.flatMap((usage) => purposes[usage] ?? []);
  return signCertificate({
    subject: request.subjectDer,
    issuer,
    spki: request.publicKeyDer,
    extensions: [
      ...(bits ? [extension(oids.keyUsage, true, bitString(Buffer.from([bits]), trailingZeros(bits)))] : []),
      ...(extended.length > 0
        ? [extension(oids.extendedKeyUsage, false, sequence(...extended.map(objectIdentifier)))]
        : []),
      extension(oids.basicConstraints, true, sequence()),
      extension(oids.authorityKeyId, false, sequence(contextPrimitive(0, keyId))),
      ...(request.altNameDer ? [request.altNameDer] : []),
    ],
    signWith: createPrivateKey(ca.privateKeyPem),
    fromMs,
    untilMs,
  });
}

function trailingZeros(byte: number): number {
  let count = 0;
  while (count < 7 && !(byte & (1 << count))) count += 1;
  return count;
}
