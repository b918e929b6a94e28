import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { issue, type Authority } from "@/lib/core/x509/certificate";
import type { Clock } from "@/lib/core/clock";

/** A certificate for whichever host is asked for, signed by the authority that the lab's nodes trust. */
export function certificatesOf(authority: Authority, clock: Clock): (host: string) => SecureContext {
  const contexts = new LRUCache<string, SecureContext>({ max: 32 });
  return (host) => {
    const known = contexts.get(host);
    if (known) return known;
    const keys = issue(authority, {
      commonName: host.slice(0, 64),
      dnsNames: [host],
      usages: ["serverAuth"],
      nowMs: clock.now(),
    });
    const context = createSecureContext({ cert: keys.certificatePem, key: keys.privateKeyPem });
    contexts.set(host, context);
    return context;
  };
}
