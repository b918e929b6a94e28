/** With the final dot, and in lower case. */
export function normalName(name: string): string {
  return fullName(name).toLowerCase();
}

export function fullName(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

export function isWithin(name: string, zone: string): boolean {
  const lower = name.toLowerCase();
  const parent = zone.toLowerCase();
  return parent === "." || lower === parent || lower.endsWith(`.${parent}`);
}

/** The longest of the zones that the name lies in; undefined: in none. */
export function longestZone(name: string, zones: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const zone of zones)
    if (isWithin(name, zone) && (best === undefined || zone.length > best.length)) best = zone;
  return best;
}

/** Whether a text is a name that DNS can carry: labels of 1 to 63 bytes, 255 in all. */
export function isDomainName(name: string): boolean {
  if (name === ".") return true;
  const labels = name.replace(/\.$/, "").split(".");
  return name.length <= 255 && labels.every((label) => label.length > 0 && label.length < 64);
}

/** "5.1.244.10.in-addr.arpa." is "10.244.1.5"; undefined for what is no whole address. */
export function addressOfReverseName(name: string): string | undefined {
  const lower = name.toLowerCase();
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa\.$/.exec(lower);
  if (v4) return v4.slice(1).reverse().join(".");
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(lower);
  if (!v6) return undefined;
  const digits = v6[1]!.split(".").slice(0, 32).reverse().join("");
  return compressIpv6(digits.match(/.{4}/g)!.map((group) => parseInt(group, 16)));
}

export function isReverseZone(name: string): boolean {
  return isWithin(name, "in-addr.arpa.") || isWithin(name, "ip6.arpa.");
}

/** The shortest text of eight groups, as RFC 5952 wants it. */
export function compressIpv6(groups: number[]): string {
  let start = -1;
  let length = 0;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && groups[end] === 0) end++;
    if (end - index > length && end - index > 1) [start, length] = [index, end - index];
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The eight groups of an IPv6 address that is known to be one. */
export function ipv6Groups(address: string): number[] {
  const plain = address
    .split("%")[0]!
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((part) => part.toString(16)).join(":"),
    );
  const [head = "", tail] = plain.split("::");
  const parse = (text: string) => (text === "" ? [] : text.split(":").map((group) => parseInt(group, 16)));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}
