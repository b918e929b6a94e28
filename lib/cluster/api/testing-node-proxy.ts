import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { ExecRequest, ExecSession, NodeProxy } from "./node-proxy";

/** A prompt on a terminal of its own, which repeats what is typed. */
const shell = ["script", "-qfec", "printf '/ # '; exec cat", "/dev/null"];

/** A kubelet for tests: commands run on this machine, logs are made up, every port is one of 127.0.0.1. */
export const localNodeProxy: NodeProxy = {
  exec: ({ command = [] }) => Promise.resolve(run(command)),
  attach: ({ tty }: ExecRequest) => Promise.resolve(run(tty ? shell : ["cat"])),
  async *logs({ container, tailLines, follow }) {
    const lines = [`${container} one\n`, `${container} two\n`, `${container} three\n`];
    for (const line of tailLines === undefined ? lines : lines.slice(-tailLines)) yield Buffer.from(line);
    if (follow) yield await Promise.resolve(Buffer.from(`${container} followed\n`));
  },
  dialPod: (_pod, port) => dial(port),
  dial: (_address, port) => dial(port),
  nodeRequest: (node, { path }) =>
    Promise.resolve({
      status: 200,
      contentType: "text/plain",
      body: Buffer.from(`${node.metadata.name}${path}`),
    }),
};

function run([program = "false", ...args]: string[]): ExecSession {
  const child = spawn(program, args, { stdio: "pipe" });
  child.stdin.on("error", () => undefined);
  return {
    write: (bytes) => void child.stdin.write(bytes),
    closeStdin: () => void child.stdin.end(),
    resize: () => undefined,
    close: () => void child.kill("SIGKILL"),
    onOutput(handler) {
      child.stdout.on("data", (bytes: Buffer) => handler("stdout", bytes));
      child.stderr.on("data", (bytes: Buffer) => handler("stderr", bytes));
    },
    onExit(handler) {
      child.on("error", (failure) => handler({ exitCode: 126, error: failure.message }));
      child.on("close", (code) => handler({ exitCode: code ?? 137 }));
    },
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
  };
}

function dial(port: number) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}
