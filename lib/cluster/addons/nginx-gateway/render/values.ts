import { quote } from "@/lib/cluster/addons/ingress-nginx/render/text";

/** Text of a student's in a directive that takes variables: nginx has no other way to write a dollar sign. */
export function literal(text: string, before = ""): string {
  return quote(text).replaceAll("$", "${gw_dollar}").replace(/^"/, `"${before}`);
}

/** "X-Header-Add" as nginx names what the client sent: "x_header_add". */
export function headerVariable(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, "_");
}

const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** Nothing has no end in nginx. */
const noLimitMs = 24 * 3_600_000;

/** "1h30m", "500ms" (GEP-2257) in milliseconds; zero stands for no limit. */
export function durationMs(text: string): number {
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|h|m|s)/g))
    ms += Number(count) * unitMs[unit as keyof typeof unitMs];
  return ms === 0 ? noLimitMs : ms;
}
