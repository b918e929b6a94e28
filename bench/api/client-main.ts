import { Agent, request } from "node:https";
import type { Connection, Outcome, Request } from "./client-process";

// The client of the API's benchmark: one connection, one request after another, as an informer or a script makes them.

process.once("message", (connection: Connection) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...connection });
  process.on("message", (requests: Request[]) => {
    runAll(connection.url, agent, requests).then(
      (outcome) => process.send!(outcome),
      (failure: Error) => process.send!({ failure: failure.message }),
    );
  });
});

async function runAll(url: string, agent: Agent, requests: Request[]): Promise<Outcome> {
  const samplesMs: number[] = [];
  const before = process.cpuUsage();
  for (const one of requests) {
    const startedMs = performance.now();
    await send(url, agent, one);
    samplesMs.push(performance.now() - startedMs);
  }
  const { user, system } = process.cpuUsage(before);
  return { samplesMs, cpuMs: (user + system) / 1000 };
}

/** From the request to the last byte of the answer. */
async function send(url: string, agent: Agent, { method, path, headers, body, expected }: Request) {
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(url + path, { method, agent, headers }, (response) => {
      const isExpected = response.statusCode === expected;
      if (!isExpected) reject(new Error(`${method} ${path}: ${response.statusCode}`));
      response.on("error", reject);
      response.on("end", resolve);
      response.resume();
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
