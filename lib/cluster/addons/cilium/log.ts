/** A line of Cilium's log: `level=info msg="text" key=value subsys=daemon`. */
export function ciliumLine(
  level: "info" | "warning" | "error" | "fatal",
  text: string,
  fields: Record<string, string> = {},
): string {
  const quoted = (value: string) => (/^[\w./:-]+$/.test(value) ? value : JSON.stringify(value));
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
  return `level=${level} msg=${JSON.stringify(text)}${rest.join("")}`;
}
