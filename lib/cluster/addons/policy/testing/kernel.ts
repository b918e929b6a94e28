import { toNumber } from "@/lib/cluster/addons/ipv4";
import type { PolicyRules } from "../rule-set";

/** A packet as netfilter sees it in a chain of the table filter; `state` is conntrack's. */
export interface Packet {
  from: string;
  to: string;
  protocol: string;
  port: number;
  input?: string;
  output?: string;
  /** Ports of a bridge that it goes from and to. */
  physicalInput?: string;
  physicalOutput?: string;
  state: string;
  isToLocal: boolean;
}

/**
 * Runs a packet through rules as iptables prints them: the matches and targets that policies need, and no other, which
 * are errors. Sets are ipset's hash:ip, hash:net (the narrowest entry counts, `nomatch` says no) and hash:ip,port.
 */
export function runChain(rules: PolicyRules, builtIn: string[], packet: Packet): "ACCEPT" | "DROP" {
  let mark = 0;
  const verdict = run(builtIn);
  return verdict === "DROP" ? "DROP" : "ACCEPT";

  function run(chain: string[]): "ACCEPT" | "DROP" | "RETURN" {
    for (const rule of chain) {
      const words = wordsOf(rule);
      const target = matchAll(words);
      if (!target) continue;
      const [flag, name = "", ...more] = target;
      if (name === "NFLOG") continue;
      if (name === "MARK") {
        if (more[0] !== "--set-xmark") throw new Error(`unknown: ${more.join(" ")}`);
        const [value = 0, mask = 0xffffffff] = more[1]!.split("/").map(Number);
        mark = ((mark & ~mask) ^ value) >>> 0;
        continue;
      }
      if (name === "ACCEPT" || name === "DROP" || name === "RETURN") return name;
      const next = rules.chains.get(name);
      if (!next) throw new Error(`no chain ${name}`);
      const inner = run(next);
      if (inner !== "RETURN") return inner;
      if (flag === "-g") return "RETURN";
    }
    return "RETURN";
  }

  /** The target's words when all matches hold. */
  function matchAll(words: string[]): string[] | undefined {
    let isNegated = false;
    let module = "";
    for (let at = 0; at < words.length;) {
      const word = words[at]!;
      if (word === "-j" || word === "-g") return words.slice(at);
      const value = words[at + 1] ?? "";
      if (word === "!") {
        isNegated = true;
        at += 1;
        continue;
      }
      if (word === "-m") module = value;
      if (word === "--physdev-is-bridged") {
        if (!packet.physicalOutput) return undefined;
        at += 1;
        continue;
      }
      if (word === "--match-set") {
        if (!isInSet(value, words[at + 2] ?? "")) return undefined;
        at += 3;
        continue;
      }
      const holds = word === "-m" || word === "--comment" || isMatch(word, value, module);
      if (holds === isNegated && word !== "-m" && word !== "--comment") return undefined;
      if (word !== "-m") isNegated = false;
      at += 2;
    }
    throw new Error("a rule without a target");
  }

  function isMatch(word: string, value: string, module: string): boolean {
    switch (word) {
      case "-s":
        return inNetwork(value, packet.from);
      case "-d":
        return inNetwork(value, packet.to);
      case "-p":
        return packet.protocol === value;
      case "-i":
        return isDevice(value, packet.input);
      case "-o":
        return isDevice(value, packet.output);
      case "--physdev-in":
        return packet.physicalInput === value;
      case "--physdev-out":
        return packet.physicalOutput === value;
      case "--dports":
      case "--dport":
        if (word === "--dport" && module !== packet.protocol) throw new Error(`--dport of ${module}`);
        return value.split(",").some((range) => {
          const [first = 0, last = first] = range.split(":").map(Number);
          return packet.port >= first && packet.port <= last;
        });
      case "--state":
      case "--ctstate":
        return value.split(",").includes(packet.state);
      case "--dst-type":
        return packet.isToLocal;
      case "--mark": {
        const [wanted = 0, mask = 0xffffffff] = value.split("/").map(Number);
        return (mark & mask) >>> 0 === wanted;
      }
      default:
        throw new Error(`unknown match ${word}`);
    }
  }

  function isInSet(name: string, sides: string): boolean {
    const set = rules.sets.get(name);
    if (!set) throw new Error(`no set ${name}`);
    const address = sides.startsWith("src") ? packet.from : packet.to;
    if (set.type === "hash:ip,port")
      return set.entries.includes(`${address},${packet.protocol}:${packet.port}`);
    const narrowest = set.entries
      .map((entry) => ({ network: entry.split(" ")[0]!, isExcept: entry.endsWith(" nomatch") }))
      .filter(({ network }) => inNetwork(network, address))
      .sort((a, b) => prefixOf(b.network) - prefixOf(a.network))[0];
    return narrowest !== undefined && !narrowest.isExcept;
  }
}

const known = new Map<string, string[]>();

function wordsOf(rule: string): string[] {
  let words = known.get(rule);
  if (!words)
    known.set(rule, (words = [...rule.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!)));
  return words;
}

function isDevice(pattern: string, device: string | undefined): boolean {
  if (device === undefined) return false;
  return pattern.endsWith("+") ? device.startsWith(pattern.slice(0, -1)) : device === pattern;
}

function prefixOf(network: string): number {
  return Number(network.split("/")[1] ?? 32);
}

function inNetwork(network: string, address: string): boolean {
  const size = 2 ** (32 - prefixOf(network));
  return Math.floor(toNumber(network.split("/")[0]!) / size) === Math.floor(toNumber(address) / size);
}
