/** A line as klog writes it: "I1122 20:18:25.123456       1 main.go:1] text", UTC. */
export function klogLine(
  severity: "I" | "W" | "E" | "F",
  where: string,
  text: string,
  nowMs: number,
  pid = 1,
): string {
  const iso = new Date(nowMs).toISOString();
  const stamp = `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`;
  return `${severity}${stamp} ${String(pid).padStart(7)} ${where}] ${text}`;
}
