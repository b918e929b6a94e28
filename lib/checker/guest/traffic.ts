export interface TrafficAnswer {
  status: number;
  body: string;
}

/** What curl writes after each answer (`-w`): the unit separator, which no page has, around the status. */
export const trafficMark = "\x1f%{http_code}\x1f";

/** Reads answers that are each followed by their mark. */
export function parseTraffic(text: string): TrafficAnswer[] {
  const parts = text.split("\x1f");
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => ({
    body: parts[2 * index]!,
    status: Number(parts[2 * index + 1]),
  }));
}
