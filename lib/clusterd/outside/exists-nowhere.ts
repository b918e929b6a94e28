import { domainToASCII } from "node:url";
import topLevelDomains from "tlds" with { type: "json" };

const topLevel = new Set(topLevelDomains.map((name) => domainToASCII(name)));

/** Reverse zones of addresses that nobody has in public (RFC 6303, section 4). */
const privateReverse =
  /(^|\.)(0|10|127|254\.169|168\.192|(1[6-9]|2\d|3[01])\.172|2\.0\.192|100\.51\.198|113\.0\.203)\.in-addr\.arpa$|(^|\.)[cd]\.f\.ip6\.arpa$/;

/**
 * Whether a resolver needs nobody to know that there is no such host: it has a copy of the root zone (RFC 8806), in which
 * the name's last label is missing, or serves the zone itself. `host` in lower case, without its last dot.
 */
export function existsNowhere(host: string): boolean {
  return privateReverse.test(host) || !topLevel.has(host.slice(host.lastIndexOf(".") + 1));
}
