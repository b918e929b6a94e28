import { readFile } from "node:fs/promises";
import { startReadyLab, startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { systemClock } from "@/lib/core/clock";
import { Scope } from "@/lib/core/scope";
import { summarize, type Bench } from "./report";
import { barePty } from "./terminal/bare-pty";
import { measureEcho, quiet, type TerminalProbe } from "./terminal/probe";

/** What the labs have started has come to rest by then. */
const restMs = 15_000;
/** More labs than memory for them are not begun: a server that swaps measures nothing. */
const freeBytesMin = 3e9;
const atOnce = 3;

export const metrics = ["labs", "echo"];

/**
 * A class: 100 idle labs of two nodes each at once on this machine, and how long a typed character takes to come back
 * from a shell in each of them, one after another. The floor is a PTY of this process, measured meanwhile. Needs root.
 */
const density: Bench = async ({ log, quick }) => {
  const scope = new Scope();
  try {
    const wanted = quick ? 3 : 100;
    const clusterd = scope.use(await startTestClusterd({ shards: 2 }), (it) => it.close());
    const freeBefore = await availableBytes();
    const ids = Array.from({ length: wanted }, (_, index) => `dense-${index}`);
    const running: string[] = [];
    const queue = [...ids];
    const worker = async () => {
      for (let id = queue.shift(); id; id = queue.shift()) {
        if ((await availableBytes()) < freeBytesMin) return;
        await startReadyLab(clusterd.client, id);
        running.push(id);
        if (running.length % 10 === 0) log(`${running.length} labs run`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await systemClock.sleep(restMs);
    const memoryEach = (freeBefore - (await availableBytes())) / running.length / 1e6;
    const echo: number[] = [];
    const floor: number[] = [];
    const pty = scope.use(barePty(), (it) => it.close());
    await quiet(pty);
    for (const labId of running) {
      const shell = await openShell(clusterd, labId);
      await quiet(shell);
      echo.push(...(await measureEcho(shell, 20)));
      floor.push(...(await measureEcho(pty, 5)));
      await shell.close();
    }
    return [
      summarize("labs", "count", [running.length], {
        floor: { name: "asked for", samples: [wanted] },
        note: "idle labs of two nodes with network, DNS and kube-proxy, all at once.",
      }),
      summarize("echo", "ms", echo, {
        floor: { name: "bare PTY", samples: floor },
        note: "a shell on the control plane of each, through labd, while all of them run.",
      }),
      summarize("memory of the host a lab", "MB", [memoryEach]),
    ];
  } finally {
    await scope.close();
  }
};

async function openShell(clusterd: TestClusterd, labId: string): Promise<TerminalProbe> {
  const { socket } = await clusterd.labd.client.open("shell", {
    sandboxId: labId,
    node: "controlplane",
    shellId: "bench",
  });
  const probe: TerminalProbe = {
    name: labId,
    write: (text) => void socket.write(text),
    onOutput: () => undefined,
    close: async () => void socket.destroy(),
  };
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => probe.onOutput(chunk));
  socket.resume();
  return probe;
}

async function availableBytes(): Promise<number> {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(await readFile("/proc/meminfo", "utf8"))![1]) * 1024;
}

export default density;
