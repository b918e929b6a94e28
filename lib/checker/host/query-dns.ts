import type { CheckProbe, DnsValue } from "../check-probe";
import type { DnsCall } from "./answer-calls";
import { execTool } from "./exec-tool";

/** dig ends by itself; on a busy machine it may take a while until it begins. */
const slackMs = 8000;

/** Asks with dig in the node or container: its resolver, its search domains. */
export async function queryDns(
  probe: CheckProbe,
  { place, query }: DnsCall,
  timeoutMs: number,
  outputBytesMax: number,
): Promise<DnsValue> {
  const seconds = Math.max(1, Math.floor(timeoutMs / 2000));
  const argv = [
    ...["dig", "+noall", "+comments", "+answer", "+nocookie", `+time=${seconds}`, "+tries=2"],
    ...(query.server ? [`@${query.server}`] : ["+search"]),
    ...["-t", query.type, "-q", query.name],
  ];
  const result = await execTool(probe, place, {
    argv,
    stdin: "",
    timeoutMs: timeoutMs + slackMs,
    outputBytesMax,
  });
  return readDig(result.stdout);
}

/** Reads dig's comments and answer section. */
export function readDig(stdout: string): DnsValue {
  const status = [...stdout.matchAll(/^;; ->>HEADER<<-.* status: ([A-Z]+)/gm)].at(-1)?.[1] ?? "TIMEOUT";
  const answers = stdout.split("\n").flatMap((line) => {
    const match = /^([^;\s]\S*)\s+(\d+)\s+IN\s+([A-Z]+)\s+(.+)$/.exec(line);
    return match ? [{ name: match[1]!, ttl: Number(match[2]), type: match[3]!, data: match[4]!.trim() }] : [];
  });
  return { status, answers };
}
