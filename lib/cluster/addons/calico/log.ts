/**
 * A line of Calico's log: "2026-11-22 23:00:00.123 [INFO][1] startup/startup.go 432: text". `pid` is the process in its
 * container: calico/node starts several.
 */
export function calicoLine(
  level: "INFO" | "WARNING" | "ERROR",
  text: string,
  nowMs: number,
  pid = 1,
): string {
  return `${new Date(nowMs).toISOString().slice(0, 23).replace("T", " ")} [${level}][${pid}] ${text}`;
}
