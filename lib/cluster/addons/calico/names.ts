import { createHash } from "node:crypto";
import type { AddressSet } from "../policy/resolve";
import type { KernelSet } from "../policy/rule-set";

const chainNameMax = 28;
const setNameMax = 31;

/** The pod's interface on its node, as the plugin names it (native/cni/calico.c). */
export function interfaceOf({ namespace, name }: { namespace: string; name: string }): string {
  return `cali${createHash("sha1").update(`${namespace}.${name}`).digest("hex").slice(0, 11)}`;
}

/** The name itself where it fits, a hash of it otherwise (libcalico-go/lib/hash). */
export function limitedName(prefix: string, name: string, lengthMax = chainNameMax): string {
  if (prefix.length + name.length <= lengthMax) return prefix + name;
  return `${prefix}_${hash(name)}`.slice(0, lengthMax);
}

/** cali40s:* hold addresses, cali40n:* addresses with a port. */
export function setNameOf(set: AddressSet): { name: string; type: KernelSet["type"] } {
  const isPorts = set.kind === "ports";
  const name = `cali40${isPorts ? "n" : "s"}:${hash(set.key)}`.slice(0, setNameMax);
  return { name, type: isPorts ? "hash:ip,port" : "hash:net" };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
