import type { DockerHost } from "../host";
import { logPathOf } from "./state";

export interface LogEntry {
  stream: "stdout" | "stderr";
  text: string;
  time: string;
}

/** A container's log from line `from` on (1 is the first), at most what one command may print. */
export async function readLog(host: DockerHost, id: string, from = 1): Promise<LogEntry[]> {
  const { stdout } = await host.exec(["tail", "-n", `+${from}`, "--", logPathOf(id)]);
  return stdout.split("\n").flatMap((line) => {
    const entry = parseEntry(line);
    return entry ? [entry] : [];
  });
}

function parseEntry(line: string): LogEntry | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as { log?: unknown; stream?: unknown; time?: unknown };
    if (typeof log !== "string") return undefined;
    return { text: log, stream: stream === "stderr" ? "stderr" : "stdout", time: String(time) };
  } catch {
    return undefined;
  }
}
