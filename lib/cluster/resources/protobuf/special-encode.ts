import type { ProtoWriter } from "./writer";

/** Writes the fields of a message whose JSON form is a plain value. */
export function encodeSpecial(writer: ProtoWriter, type: string, value: unknown): void {
  switch (type) {
    case "Quantity":
      return void writer.text(1, String(value));
    case "IntOrString":
      if (typeof value === "string") writer.int(1, 1).int(2, 0).text(3, value);
      else
        writer
          .int(1, 0)
          .int(2, value as number)
          .text(3, "");
      return;
    case "Time":
      return encodeTime(writer, String(value));
    case "Duration":
      return void writer.int(1, nanosecondsOf(String(value)));
    case "Strings":
      for (const one of value as unknown[]) writer.text(1, String(one));
      return;
    default:
      return void writer.bytes(1, Buffer.from(JSON.stringify(value)));
  }
}

/** Go's zero time, which JSON has as null, has no fields. */
function encodeTime(writer: ProtoWriter, rfc3339: string): void {
  const seconds = Math.floor(Date.parse(rfc3339) / 1000);
  if (Number.isNaN(seconds)) return;
  const fraction = /\.(\d+)/.exec(rfc3339)?.[1] ?? "";
  writer.int(1, seconds).int(2, Number(fraction.padEnd(9, "0").slice(0, 9)));
}

const unitNanoseconds: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Of a duration as Go prints it: "1h30m", "1.5s". */
function nanosecondsOf(duration: string): number {
  let nanoseconds = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    nanoseconds += Number(count) * unitNanoseconds[unit!]!;
  return Math.round(duration.startsWith("-") ? -nanoseconds : nanoseconds);
}
