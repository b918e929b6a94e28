interface Part {
  name: string;
  from: number;
  to: number;
  names?: string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const parts: Part[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "dom", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, names: months },
  { name: "dow", from: 0, to: 6, names: days },
];
const macros: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** When a CronJob runs: the allowed values of each part; a part written as a star does not bind the day. */
export interface Schedule {
  minute: Set<number>;
  hour: Set<number>;
  dom: Set<number>;
  month: Set<number>;
  dow: Set<number>;
  anyDom: boolean;
  anyDow: boolean;
  /** "@every 90s": a fixed distance instead of the parts. */
  everyMs?: number;
}

/** Parses as robfig/cron's standard parser does. Throws an Error whose message is that parser's. */
export function parseSchedule(text: string): Schedule {
  const every = /^@every (\d+)([smh])$/.exec(text);
  if (every) {
    const unitMs = { s: 1000, m: 60_000, h: 3_600_000 }[every[2] as "s" | "m" | "h"];
    return { ...parseSchedule("* * * * *"), everyMs: Number(every[1]) * unitMs };
  }
  if (text.startsWith("@") && !macros[text]) throw new Error(`unrecognized descriptor: ${text}`);
  const fields = (macros[text] ?? text).trim().split(/\s+/).filter(Boolean);
  if (fields.length !== 5)
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  const sets = fields.map((field, index) => parseField(field, parts[index]!));
  const star = (index: number) => /^[*?](\/1)?$/.test(fields[index] ?? "");
  return {
    minute: sets[0]!,
    hour: sets[1]!,
    dom: sets[2]!,
    month: sets[3]!,
    dow: sets[4]!,
    anyDom: star(2),
    anyDow: star(4),
  };
}

function parseField(field: string, part: Part): Set<number> {
  const values = new Set<number>();
  for (const piece of field.split(",")) {
    const [range = "", step, ...rest] = piece.split("/");
    if (rest.length > 0) throw new Error(`too many slashes: ${piece}`);
    const [low, high] = parseRange(range, part, step !== undefined);
    const width = step === undefined ? 1 : parseNumber(step, { ...part, names: undefined });
    if (width === 0) throw new Error(`step of range should be a positive number: ${piece}`);
    if (low < part.from)
      throw new Error(`beginning of range (${low}) below minimum (${part.from}): ${piece}`);
    if (high > part.to) throw new Error(`end of range (${high}) above maximum (${part.to}): ${piece}`);
    if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${piece}`);
    for (let value = low; value <= high; value += width) values.add(value);
  }
  return values;
}

function parseRange(range: string, part: Part, stepped: boolean): [number, number] {
  if (range === "*" || range === "?") return [part.from, part.to];
  const [low = "", high, ...rest] = range.split("-");
  if (rest.length > 0) throw new Error(`too many hyphens: ${range}`);
  const start = parseNumber(low, part);
  if (high !== undefined) return [start, parseNumber(high, part)];
  return [start, stepped ? part.to : start];
}

function parseNumber(text: string, { names }: Part): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return names === months ? named + 1 : named;
  if (!/^\d{1,9}$/.test(text))
    throw new Error(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}
