import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectPath } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { ensureKubectl, type TestCluster } from "./testing";
import { startClusterWithRunningPod } from "./testing-running-pod";

let t: TestCluster;

beforeAll(async () => {
  t = await startClusterWithRunningPod();
}, 300_000);
afterAll(() => t?.close());

async function ok(args: string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await t.kubectl(args, { stdin });
  expect(stderr.replace(/^Warning: .*\n/gm, ""), args.join(" ")).toBe("");
  expect(exitCode, args.join(" ")).toBe(0);
  return stdout;
}

async function refused(args: string[], stdin?: string): Promise<string> {
  const { exitCode, stderr } = await t.kubectl(args, { stdin });
  expect(exitCode, args.join(" ")).not.toBe(0);
  return stderr.trim();
}

describe("into containers", () => {
  test("exec with output, input and exit code", async () => {
    expect(await ok(["exec", "shell", "--", "echo", "hello"])).toBe("hello\n");
    expect(await ok(["exec", "-i", "shell", "--", "cat"], "through stdin")).toBe("through stdin");
    const failed = await t.kubectl(["exec", "shell", "--", "sh", "-c", "echo oops >&2; exit 3"]);
    expect(failed).toMatchObject({ exitCode: 3, stderr: "oops\ncommand terminated with exit code 3\n" });
    const big = await ok(["exec", "shell", "--", "sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"]);
    expect(big).toHaveLength(300_000);
  });

  test("exec over SPDY for clients without WebSockets", async () => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false" };
    const result = await t.kubectl(["exec", "-i", "shell", "--", "cat"], { stdin: "by spdy", env });
    expect(result).toMatchObject({ exitCode: 0, stdout: "by spdy" });
  });

  test("attach on a terminal: a prompt, what is typed, and the end of it", async () => {
    const terminal = projectPath("lib/cluster/api/kubectl-golden/terminal.sh");
    const program = await ensureKubectl();
    const { stdout, exitCode } = await runCommand(["sh", terminal, `${program} attach -it shell`, "typed"], {
      env: { ...process.env, KUBECONFIG: t.kubeconfig },
      cwd: t.folder,
      timeoutMs: 60_000,
      allowFailure: true,
    });
    expect(stdout).toMatch(
      /^\/ # typed\ntyped\nSession ended, resume using 'kubectl attach shell -c main -i -t'/m,
    );
    expect(exitCode).toBe(0);
  });

  test("logs", async () => {
    expect(await ok(["logs", "shell"])).toBe("main one\nmain two\nmain three\n");
    expect(await ok(["logs", "shell", "--tail=1", "-f"])).toBe("main three\nmain followed\n");
    expect(await refused(["logs", "shell", "-c", "other"])).toContain(
      "container other is not valid for pod shell",
    );
    expect(await refused(["logs", "shell", "--previous"])).toContain(
      'previous terminated container "main" in pod "shell" not found',
    );
  });

  test.each([
    ["WebSocket", "true"],
    ["SPDY", "false"],
  ])("port-forward over %s", async (_name, websockets) => {
    const server = createServer((_request, response) => response.end("from the pod"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const program = await ensureKubectl();
    const forward = spawn(
      program,
      ["port-forward", "pod/shell", `:${(server.address() as AddressInfo).port}`],
      {
        env: { ...process.env, KUBECONFIG: t.kubeconfig, KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      const port = await new Promise<string>((resolve) => {
        forward.stdout.on("data", (chunk: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString())?.[1];
          if (found) resolve(found);
        });
      });
      const answers = await Promise.all(
        [1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/`).then((one) => one.text())),
      );
      expect(answers).toEqual(["from the pod", "from the pod", "from the pod"]);
    } finally {
      forward.kill();
      server.closeAllConnections();
      server.close();
    }
  });
});
