import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";

export interface Connection {
  url: string;
  ca: string;
  cert: string;
  key: string;
}

export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The answer's status; any other ends the benchmark. */
  expected: number;
}

export interface Outcome {
  samplesMs: number[];
  /** Of all requests together, in the client. */
  cpuMs: number;
}

export interface ClientProcess {
  run(requests: Request[]): Promise<Outcome>;
  close(): Promise<void>;
}

/** A client in a process of its own, as kubectl is: what it does with an answer takes nothing of the server's time. */
export function startClient(connection: Connection): ClientProcess {
  const child = fork(join(projectRoot, "bench/api/client-main.ts"));
  child.send(connection);
  return {
    async run(requests) {
      child.send(requests);
      const [answer] = (await Promise.race([
        once(child, "message"),
        once(child, "exit").then(([code]) => [{ failure: `the client ended (${code})` }]),
      ])) as [Outcome | { failure: string }];
      if ("failure" in answer) throw new Error(answer.failure);
      return answer;
    },
    async close() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
