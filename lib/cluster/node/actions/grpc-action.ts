import { connect, type ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { ContainerRuntime } from "../container-runtime";
import type { ActionOutcome } from "./action";
import { hostPort } from "./dial-error";

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const unimplemented = "12";

/** Asks grpc.health.v1.Health/Check (kubernetes 1.34 pkg/probe/grpc); only SERVING is success. */
export async function grpcAction(
  runtime: ContainerRuntime,
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
): Promise<ActionOutcome> {
  const address = hostPort(host, port);
  const notReached = `timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1000}s: context deadline exceeded`;
  let socket: Duplex;
  try {
    socket = await runtime.dial(address, timeoutMs);
  } catch {
    return { result: "failure", output: notReached };
  }
  const session = connect(`http://${address}`, { createConnection: () => socket });
  session.on("error", () => undefined); // the stream tells
  socket.resume(); // a stream of labd comes paused
  try {
    const { grpcStatus, message, body } = await check(session, service, timeoutMs);
    if (grpcStatus === unimplemented)
      return {
        result: "failure",
        output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
      };
    if (grpcStatus !== "0")
      return {
        result: "failure",
        output: `error: health rpc probe failed: rpc error: code = ${grpcStatus} desc = ${message}`,
      };
    const status = statusOf(body);
    if (status === "SERVING") return { result: "success", output: `service healthy` };
    return { result: "failure", output: `service unhealthy (responded with ${JSON.stringify(status)})` };
  } catch (failure) {
    return { result: "failure", output: `error: health rpc probe failed: ${(failure as Error).message}` };
  } finally {
    session.destroy();
    socket.destroy();
  }
}

function check(
  session: ClientHttp2Session,
  service: string,
  timeoutMs: number,
): Promise<{ grpcStatus: string; message: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const name = Buffer.from(service);
    const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : name;
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "kube-probe/1.34",
    });
    const timer = setTimeout(() => {
      reject(new Error("timeout: health rpc did not complete in time"));
      stream.close();
    }, timeoutMs);
    let headers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on("response", (sent) => (headers = { ...sent }));
    stream.on("trailers", (sent) => (headers = { ...headers, ...sent }));
    stream.on("data", (chunk: Buffer) => void (chunks.length < 64 && chunks.push(chunk)));
    stream.on("error", (failure) => {
      clearTimeout(timer);
      reject(failure);
    });
    stream.on("close", () => {
      clearTimeout(timer);
      const { "grpc-status": status, "grpc-message": text } = headers as Record<string, string | undefined>;
      resolve({ grpcStatus: status ?? "2", message: text ?? "", body: Buffer.concat(chunks) });
    });
    stream.end(Buffer.concat([head, message]));
  });
}

/** Field 1 of HealthCheckResponse, a varint. */
function statusOf(body: Buffer): string {
  return statuses[body.length >= 7 && body[5] === 0x08 ? body[6]! : 0] ?? "UNKNOWN";
}
