import type { KernelSet, PolicyRules } from "./rule-set";

/** Rules of a built-in chain that lead into ours, as iptables-save prints them after `-A CHAIN `. */
export interface Hooks {
  chain: string;
  /** Before all others, in this order. */
  head: string[];
  /** Somewhere. */
  tail: string[];
}

/** What is there, where nobody knows what was loaded. */
export interface Actual {
  sets: string[];
  /** How many rules a chain of ours has. */
  counts: Map<string, number>;
  /** How many entries a set of ours has. */
  sizes: Map<string, number>;
  /** Rules of the built-in chains. */
  builtIn: Map<string, string[]>;
}

/** How a node's kernel comes to what it is to hold; each text is for one command, an empty one for none. */
export interface LoadPlan {
  /** `ipset restore -exist`, before the rules: what these name must be there. */
  sets: string;
  /** `iptables-restore --noflush`. */
  rules: string;
  /** `ipset restore -exist`, after the rules: what no rule names any more. */
  stale: string;
}

/** From what was loaded here before. */
export function planChange(before: PolicyRules, now: PolicyRules): LoadPlan {
  const sets = [...now.sets].flatMap(([name, set]) => {
    const old = before.sets.get(name);
    return old ? changeLines(name, old, set) : createLines(name, set);
  });
  return {
    sets: text(sets),
    rules: rulesText(
      [...now.chains].filter(([name, rules]) => !isSame(before.chains.get(name), rules)),
      [...before.chains.keys()].filter((name) => !now.chains.has(name)),
      [],
    ),
    stale: staleText([...before.sets.keys()], now),
  };
}

/** From whatever is there: everything is written, and what is not wanted goes. */
export function planReset(actual: Actual, now: PolicyRules, hooks: Hooks[]): LoadPlan {
  return {
    sets: text([...now.sets].flatMap(([name, set]) => createLines(name, set))),
    rules: rulesText(
      [...now.chains],
      [...actual.counts.keys()].filter((name) => !now.chains.has(name)),
      hooks.flatMap((one) => hookLines(one, actual.builtIn.get(one.chain) ?? [])),
    ),
    stale: staleText(actual.sets, now),
  };
}

/** Whether what was loaded is still there. */
export function isWhole(actual: Actual, loaded: PolicyRules, hooks: Hooks[]): boolean {
  return (
    [...loaded.chains].every(([name, rules]) => actual.counts.get(name) === rules.length) &&
    [...loaded.sets].every(([name, { entries }]) => actual.sizes.get(name) === entries.length) &&
    hooks.every((one) => hookLines(one, actual.builtIn.get(one.chain) ?? []).length === 0)
  );
}

function createLines(name: string, { type, entries }: KernelSet): string[] {
  return [`create ${name} ${type}`, `flush ${name}`, ...entries.map((entry) => `add ${name} ${entry}`)];
}

function changeLines(name: string, before: KernelSet, now: KernelSet): string[] {
  if (before.entries === now.entries) return [];
  const [old, wanted] = [new Set(before.entries), new Set(now.entries)];
  return [
    // First: an entry with `nomatch` takes the place of the one without.
    ...before.entries
      .filter((entry) => !wanted.has(entry))
      .map((entry) => `del ${name} ${entry.split(" ")[0]}`),
    ...now.entries.filter((entry) => !old.has(entry)).map((entry) => `add ${name} ${entry}`),
  ];
}

function staleText(present: string[], now: PolicyRules): string {
  return text(present.filter((name) => !now.sets.has(name)).map((name) => `destroy ${name}`));
}

function rulesText(changed: [name: string, rules: string[]][], gone: string[], hooks: string[]): string {
  if (changed.length + gone.length + hooks.length === 0) return "";
  return text([
    "*filter",
    // A chain that is declared is emptied.
    ...[...changed.map(([name]) => name), ...gone].map((name) => `:${name} - [0:0]`),
    ...changed.flatMap(([name, rules]) => rules.map((rule) => `-A ${name} ${rule}`)),
    ...hooks,
    ...gone.map((name) => `-X ${name}`),
    "COMMIT",
  ]);
}

/** Brings hooks to where they belong; none for those that are. */
export function hookLines({ chain, head, tail }: Hooks, present: string[]): string[] {
  const isHeadInPlace = head.every((rule, index) => present[index] === rule);
  return [
    ...(isHeadInPlace
      ? []
      : [
          ...present.filter((rule) => head.includes(rule)).map((rule) => `-D ${chain} ${rule}`),
          ...head.map((rule, index) => `-I ${chain} ${index + 1} ${rule}`),
        ]),
    ...tail.filter((rule) => !present.includes(rule)).map((rule) => `-A ${chain} ${rule}`),
  ];
}

function isSame(before: string[] | undefined, now: string[]): boolean {
  if (before === now) return true;
  return before?.length === now.length && before.every((rule, index) => rule === now[index]);
}

function text(lines: string[]): string {
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}
