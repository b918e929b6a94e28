import { createHash } from "node:crypto";
import type { AddressSet } from "../policy/resolve";
import type { KernelSet } from "../policy/rule-set";

const symbols = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(){}[]+=_$%^!*|/?.;:@#~";
const types = { pods: "hash:ip", block: "hash:net", ports: "hash:ip,port" } as const;

/** "weave-" and a SHA-1 in as few characters as a set's name must have (npc/shortname.go). */
export function setNameOf(set: AddressSet): { name: string; type: KernelSet["type"] } {
  const base = BigInt(symbols.length);
  let name = "";
  let left = BigInt(`0x${createHash("sha1").update(set.key).digest("hex")}`);
  for (; left > 0n; left /= base) name += symbols[Number(left % base)];
  return { name: `weave-${name}`, type: types[set.kind] };
}
