/**
 * Which chain a packet goes to by its interface (felix/rules/dispatch.go): interfaces that share the next letter have a
 * chain of their own. No known interface: dropped.
 */
export function dispatchChains(devices: string[], direction: "in" | "out"): [string, string[]][] {
  const root = direction === "in" ? "cali-to-wl-dispatch" : "cali-from-wl-dispatch";
  const flag = direction === "in" ? "-o" : "-i";
  const goTo = (device: string) => `${flag} ${device} -g cali-${direction === "in" ? "tw" : "fw"}-${device}`;
  const drop = '-m comment --comment "Unknown interface" -j DROP';
  const sorted = [...devices].sort();
  const prefix = commonPrefix(sorted);
  const letters = [...new Set(sorted.map((device) => device.charAt(prefix.length)))];
  const children: [string, string[]][] = [];
  const rules = letters.map((letter) => {
    const some = sorted.filter((device) => device.charAt(prefix.length) === letter);
    if (some.length === 1) return goTo(some[0]!);
    children.push([`${root}-${letter}`, [...some.map(goTo), drop]]);
    return `${flag} ${prefix}${letter}+ -g ${root}-${letter}`;
  });
  return [...children, [root, [...rules, drop]]];
}

function commonPrefix(sorted: string[]): string {
  const [first = "", last = ""] = [sorted[0], sorted.at(-1)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  // One interface alone has no next letter.
  return sorted.length < 2 ? "" : first.slice(0, length);
}
