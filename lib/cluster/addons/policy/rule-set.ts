import { parseRange, toAddress } from "../ipv4";
import type { AddressSet } from "./resolve";

/** What a node's kernel is to hold of the table filter and of ipset. */
export interface PolicyRules {
  sets: Map<string, KernelSet>;
  /** Rules of each chain of ours, as after `-A CHAIN `. */
  chains: Map<string, string[]>;
}

export interface KernelSet {
  type: "hash:ip" | "hash:net" | "hash:ip,port";
  /** As after `add NAME `. */
  entries: string[];
}

/** Rules in the making: sets get their kernel's names as rules name them. */
export class PolicyRulesBuilder {
  readonly rules: PolicyRules = { sets: new Map(), chains: new Map() };

  constructor(private readonly nameOf: (set: AddressSet) => { name: string; type: KernelSet["type"] }) {}

  set(set: AddressSet): string {
    const { name, type } = this.nameOf(set);
    if (!this.rules.sets.has(name)) this.rules.sets.set(name, { type, entries: entriesOf(set) });
    return name;
  }

  chain(name: string, rules: string[]): void {
    this.rules.chains.set(name, rules);
  }
}

function entriesOf(set: AddressSet): string[] {
  if (set.kind !== "block") return set.members;
  const except = set.except.filter((cidr) => !cidr.includes(":")).flatMap(halves);
  return [
    // A set holds a network once.
    ...halves(set.cidr).filter((cidr) => !except.includes(cidr)),
    ...[...new Set(except)].map((cidr) => `${cidr} nomatch`),
  ];
}

/** Without host bits; a set takes no network of prefix 0. */
function halves(cidr: string): string[] {
  const { first, prefix } = parseRange(cidr);
  return prefix === 0 ? ["0.0.0.0/1", "128.0.0.0/1"] : [`${toAddress(first)}/${prefix}`];
}

/** For `--comment "..."`: selectors are a student's, and a comment has at most 255 bytes. */
export function comment(text: string): string {
  return `-m comment --comment "${text.replaceAll(/[^\w .,:=!()[\]/>-]/g, "_").slice(0, 250)}"`;
}
