import { createHash } from "node:crypto";

/** Names of chains as kubernetes 1.34 pkg/proxy/iptables/proxier.go derives them. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first 16 characters of the base32 of a SHA-256. */
export function chainHash(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  let bits = 0;
  let value = 0;
  let encoded = "";
  for (const byte of digest.subarray(0, 10)) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      encoded += alphabet[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return encoded;
}

/** `portName` is "namespace/service:port" ("namespace/service" for an unnamed port), `protocol` lower case. */
export const chains = {
  service: (portName: string, protocol: string) => `KUBE-SVC-${chainHash(portName + protocol)}`,
  local: (portName: string, protocol: string) => `KUBE-SVL-${chainHash(portName + protocol)}`,
  firewall: (portName: string, protocol: string) => `KUBE-FW-${chainHash(portName + protocol)}`,
  external: (portName: string, protocol: string) => `KUBE-EXT-${chainHash(portName + protocol)}`,
  endpoint: (portName: string, protocol: string, endpoint: string) =>
    `KUBE-SEP-${chainHash(portName + protocol + endpoint)}`,
};

export const perServiceChain = /^KUBE-(SVC|SVL|EXT|SEP|FW)-[A-Z2-7]{16}$/;
