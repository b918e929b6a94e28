/** How Go's decoders refuse text that stands for something else: undefined when they take it. */

const alphabet = /^[A-Za-z0-9+/]$/;

/** encoding/base64's StdEncoding: padded, line ends ignored. */
export function base64Refusal(text: string): string | undefined {
  const refusal = (at: number) => `illegal base64 data at input byte ${at}`;
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "\n" || char === "\r") continue;
    if (char !== "=") {
      if (!alphabet.test(char)) return refusal(at);
      inQuantum = (inQuantum + 1) % 4;
      continue;
    }
    if (inQuantum < 2) return refusal(at);
    const rest = text.slice(at + 1);
    const ends = rest.length - rest.replace(/^[\r\n]+/, "").length;
    let next = at + 1 + ends;
    if (inQuantum === 2) {
      if (next === text.length) return refusal(text.length);
      if (text[next] !== "=") return refusal(next - 1);
      next++;
    }
    while (text[next] === "\n" || text[next] === "\r") next++;
    return next < text.length ? refusal(next) : undefined;
  }
  return inQuantum === 0 ? undefined : refusal(text.length - inQuantum);
}

const layout = "2006-01-02T15:04:05Z07:00";
const elements: [name: string, pattern: RegExp, range?: [least: number, most: number, what: string]][] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d{2}/, [1, 12, "month"]],
  ["-", /^-/],
  ["02", /^\d{2}/, [1, 31, "day"]],
  ["T", /^T/],
  ["15", /^\d{1,2}/, [0, 23, "hour"]],
  [":", /^:/],
  ["04", /^\d{2}/, [0, 59, "minute"]],
  [":", /^:/],
  ["05", /^\d{2}([.,]\d+)?/, [0, 59, "second"]],
  ["Z07:00", /^(Z|[+-]\d{2}:\d{2})/],
];

/** time.Parse(time.RFC3339, text). */
export function timeRefusal(text: string): string | undefined {
  const refusal = (why: string) => `parsing time ${JSON.stringify(text)}${why}`;
  let rest = text;
  for (const [name, pattern, range] of elements) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined)
      return refusal(` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as "${name}"`);
    const value = Number.parseInt(found, 10);
    if (range && (value < range[0] || value > range[1])) return refusal(`: ${range[2]} out of range`);
    rest = rest.slice(found.length);
  }
  if (rest !== "") return refusal(`: extra text: ${JSON.stringify(rest)}`);
  const [year, month, day] = text.split(/[-T]/).map(Number) as [number, number, number];
  const daysOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day > daysOfMonth ? refusal(": day out of range") : undefined;
}
