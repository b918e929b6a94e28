import { labdRpc, type LabdRpc } from "@/lib/contract/labd";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";
import type { ShellHost } from "@/lib/terminal/shell-host";

/** Shells of labd at `socketPath`. */
export function labdShells(socketPath: string): ShellHost & { dispose(): void } {
  const labd: RpcClient<LabdRpc> = createRpcClient(labdRpc, socketPath, "labd");
  return {
    async attach({ labId, node, shellId }, { fromOffset, cols, rows }) {
      const { reply, socket } = await labd.open("shell", {
        sandboxId: labId,
        node,
        shellId,
        fromOffset,
        cols,
        rows,
      });
      socket.setNoDelay(true);
      return { ...reply, stream: socket };
    },
    async resize({ labId, node, shellId }, cols, rows) {
      await labd.call("shell.resize", { sandboxId: labId, node, shellId, cols, rows }, { timeoutMs: 5_000 });
    },
    async status({ labId, node, shellId }) {
      const { shells } = await labd.call("shell.list", { sandboxId: labId, node }, { timeoutMs: 5_000 });
      const shell = shells.find((other) => other.shellId === shellId);
      return shell && { running: shell.running, exitCode: shell.exitCode };
    },
    async close({ labId, node, shellId }) {
      await labd.call("shell.close", { sandboxId: labId, node, shellId }, { timeoutMs: 5_000 });
    },
    dispose: () => labd.close(),
  };
}
