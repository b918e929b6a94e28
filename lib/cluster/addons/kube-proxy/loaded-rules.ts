import type { AddonNode } from "../addon";
import { perServiceChain } from "./chains";
import { jumpKey } from "./rules";

/** What a node has of kube-proxy's rules. */
export interface LoadedRules {
  /** Per-service chains. */
  chains: Set<string>;
  /** Rules of built-in chains that jump into ours. */
  jumps: Set<string>;
  /** Rules in each of our chains, by "table chain". */
  counts: Map<string, number>;
}

/** Reads iptables-save on the node. */
export async function readRules(node: AddonNode): Promise<LoadedRules> {
  const { exitCode, stdout, stderr, truncated } = await node.exec(["iptables-save"]);
  if (exitCode !== 0) throw new Error(`iptables-save on ${node.name}: ${stderr.trim()}`);
  // Half of the rules would be taken for a loss of the others.
  if (truncated) throw new Error(`iptables-save on ${node.name}: its output is too long`);
  return parseRules(stdout);
}

/** From the text of iptables-save, or of what iptables-restore is given. */
export function parseRules(text: string): LoadedRules {
  const rules: LoadedRules = { chains: new Set(), jumps: new Set(), counts: new Map() };
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1).trim();
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain && table === "nat" && perServiceChain.test(chain)) rules.chains.add(chain);
    const [, of, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (!of || !rule) continue;
    if (of.startsWith("KUBE-"))
      rules.counts.set(`${table} ${of}`, (rules.counts.get(`${table} ${of}`) ?? 0) + 1);
    else if (/-j KUBE-\S+$/.test(rule)) rules.jumps.add(jumpKey(table, of, rule));
  }
  return rules;
}
