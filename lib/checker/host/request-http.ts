import type { CheckProbe, HttpValue } from "../check-probe";
import type { HttpCall } from "./answer-calls";
import { execTool } from "./exec-tool";

/** curl ends by itself; on a busy machine it may take a while until it begins. */
const slackMs = 8000;

/** Makes the request with curl in the node or container, so that it takes the way of that place's network. */
export async function requestHttp(
  probe: CheckProbe,
  { place, request }: HttpCall,
  timeoutMs: number,
  outputBytesMax: number,
): Promise<HttpValue> {
  const argv = [
    ...["curl", "--silent", "--show-error", "--globoff", "--max-time", String(timeoutMs / 1000)],
    ...[
      "--request",
      request.method,
      "--write-out",
      '%{stderr}\n{"status":%{http_code},"headers":%{header_json}}',
    ],
    ...(request.followRedirects ? ["--location", "--max-redirs", "5"] : []),
    ...(request.insecure ? ["--insecure"] : []),
    ...(request.connectTo ? ["--connect-to", `::${request.connectTo}`] : []),
    ...Object.entries(request.headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...(request.body === undefined ? [] : ["--data-binary", "@-"]),
    ...(request.method === "HEAD" ? ["--head"] : []),
    request.url,
  ];
  const result = await execTool(probe, place, {
    argv,
    stdin: request.body ?? "",
    timeoutMs: timeoutMs + slackMs,
    outputBytesMax,
  });
  return readCurl(result);
}

/** Reads what curl printed: the body on stdout, its errors and then our line of JSON on stderr. */
export function readCurl({
  stdout,
  stderr,
  timedOut,
}: {
  stdout: string;
  stderr: string;
  timedOut: boolean;
}): HttpValue {
  const start = stderr.lastIndexOf('\n{"status":');
  const error = (start < 0 ? stderr : stderr.slice(0, start)).trim().replace(/^curl: /, "");
  const none = { status: 0, headers: {}, body: "", error: error || (timedOut ? "timed out" : "no answer") };
  if (start < 0) return none;
  try {
    const { status, headers } = JSON.parse(stderr.slice(start)) as {
      status: number;
      headers: Record<string, string[]>;
    };
    if (status === 0) return none;
    const flat = Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values.join(", ")]);
    return { status, headers: Object.fromEntries(flat) as Record<string, string>, body: stdout, error };
  } catch {
    return none;
  }
}
