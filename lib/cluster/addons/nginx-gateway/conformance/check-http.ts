import type { LocalNginx } from "@/lib/cluster/addons/ingress-nginx/testing/local-nginx";
import type { ExpectedHttp } from "./expectations";

interface Echo {
  path: string;
  host: string;
  method: string;
  headers: Record<string, string[]>;
  namespace: string;
  pod: string;
}

const grpcMethods = {
  EchoRequest: "Echo",
  EchoTwoRequest: "EchoTwo",
  EchoThreeRequest: "EchoThree",
} as const;

/** Sends a request as the conformance suite does; what is wrong with the answer, or undefined. */
export async function checkHttp(
  nginx: LocalNginx,
  wanted: ExpectedHttp,
  port: { number: number; isTls: boolean },
): Promise<string | undefined> {
  const { args, name } = requestOf(wanted, port);
  const answer = await nginx.curl(...args);
  const problem = problemOf(wanted, answer, port);
  return problem && `${name}: ${problem}`;
}

function requestOf(wanted: ExpectedHttp, port: { number: number; isTls: boolean }) {
  const { Request = {}, BackendSetResponseHeaders = {}, RequestMetadata } = wanted;
  const grpc = Object.entries(grpcMethods).find(([key]) => key in wanted)?.[1];
  const path = grpc ? `/gateway_api_conformance.echo_basic.grpcecho.GrpcEcho/${grpc}` : (Request.Path ?? "/");
  const host = Request.Host || RequestMetadata?.Authority || "127.0.0.1";
  const headers: Record<string, string> = { ...Request.Headers, ...RequestMetadata?.Metadata };
  const set = Object.entries(BackendSetResponseHeaders).map((pair) => pair.join(":"));
  if (set.length > 0) headers["X-Echo-Set-Header"] = set.join(",");
  // The client connects to the gateway's address, whatever the host.
  const name = Request.SNI ?? host.replace(/:\d+$/, "");
  const target = port.isTls ? `https://${name}:${port.number}` : `http://127.0.0.1:${port.number}`;
  return {
    name: `${Request.Method ?? "GET"} ${host}${path}`,
    args: [
      ...(grpc
        ? ["--http2-prior-knowledge", "-H", "Content-Type: application/grpc", "-d", ""]
        : ["-X", Request.Method ?? "GET"]),
      ...(Request.Method === "HEAD" ? ["-I"] : []),
      ...(port.isTls ? ["-k", "--http1.1", "--resolve", `${name}:${port.number}:127.0.0.1`] : []),
      ...Object.entries(headers).flatMap(([key, value]) => ["-H", `${key}: ${value}`]),
      ...["-H", `Host: ${host}`],
      target + path,
    ],
  };
}

function problemOf(
  {
    Request = {},
    ExpectedRequest,
    RedirectRequest,
    Response = {},
    Backend,
    Namespace,
    ...wanted
  }: ExpectedHttp,
  answer: Awaited<ReturnType<LocalNginx["curl"]>>,
  port: { number: number; isTls: boolean },
): string | undefined {
  const isRefusedGrpc = Response.Code === "$codes.Unimplemented";
  const codes = isRefusedGrpc ? [404] : (Response.StatusCodes ?? [Response.StatusCode ?? 200]);
  if (!codes.includes(answer.status)) return `status ${answer.status}, not ${codes.join(" or ")}`;
  for (const [name, value] of Object.entries(Response.Headers ?? {})) {
    const found = answer.headers[name.toLowerCase()];
    if (found !== value) return `response header ${name} is ${found}, not ${value}`;
  }
  const unwanted = Response.AbsentHeaders?.find((name) => name.toLowerCase() in answer.headers);
  if (unwanted) return `response header ${unwanted} is there`;
  if (RedirectRequest) return redirectProblem(RedirectRequest, answer.headers["location"], Request, port);
  if (answer.status !== 200 || (!Backend && !ExpectedRequest)) return undefined;
  const echo = JSON.parse(answer.body) as Echo;
  if (Namespace && echo.namespace !== Namespace) return `answered from ${echo.namespace}, not ${Namespace}`;
  if (Backend && !echo.pod.startsWith(Backend)) return `answered by ${echo.pod}, not ${Backend}`;
  if (wanted.EchoRequest ?? wanted.EchoTwoRequest) return undefined;
  const path = ExpectedRequest?.Request?.Path ?? Request.Path ?? "/";
  if (echo.path !== path) return `the backend was asked for ${echo.path}, not ${path}`;
  const host = ExpectedRequest?.Request?.Host;
  if (host && echo.host !== host) return `the backend was asked as ${echo.host}, not ${host}`;
  const sent = new Map(
    Object.entries(echo.headers).map(([name, values]) => [name.toLowerCase(), values.join(",")]),
  );
  for (const [name, value] of Object.entries(ExpectedRequest?.Request?.Headers ?? {}))
    if (sent.get(name.toLowerCase()) !== value)
      return `the backend got ${name}: ${sent.get(name.toLowerCase())}, not ${value}`;
  const left = ExpectedRequest?.AbsentHeaders?.find((name) => sent.has(name.toLowerCase()));
  return left && `the backend got ${left}`;
}

function redirectProblem(
  wanted: NonNullable<ExpectedHttp["RedirectRequest"]>,
  location: string | undefined,
  request: NonNullable<ExpectedHttp["Request"]>,
  port: { isTls: boolean },
): string | undefined {
  if (location === undefined) return "there is no Location";
  const found = new URL(location);
  const expected = {
    Scheme: wanted.Scheme ?? (port.isTls ? "https" : "http"),
    Host: wanted.Host ?? request.Host ?? "127.0.0.1",
    Port: wanted.Port ?? "",
    Path: wanted.Path ?? request.Path ?? "/",
  };
  const is = {
    Scheme: found.protocol.replace(":", ""),
    Host: found.hostname,
    Port: found.port,
    Path: found.pathname + found.search,
  };
  // A port that is only the scheme's own need not be said.
  if (expected.Port === (expected.Scheme === "https" ? "443" : "80")) expected.Port = "";
  return JSON.stringify(is) === JSON.stringify(expected) ? undefined : `redirected to ${location}`;
}
