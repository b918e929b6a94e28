import type { labdRpc } from "@/lib/contract/labd";
import type { RpcHandlers } from "@/lib/rpc/server";
import type { Logger } from "@/lib/core/logger";
import { restorePods } from "@/lib/sandbox/freeze/restore-pods";
import { recordRuntime } from "@/lib/sandbox/freeze/runtime-records";
import { sandboxUsage } from "@/lib/sandbox/usage";
import type { Labd } from "./labd";
import type { Runtimes } from "./runtime";

type SandboxMethods = Pick<
  RpcHandlers<typeof labdRpc>,
  | "health"
  | "sandbox.create"
  | "sandbox.destroy"
  | "sandbox.get"
  | "sandbox.list"
  | "sandbox.usage"
  | "sandbox.freeze"
  | "sandbox.thaw"
  | "frozen.list"
  | "frozen.remove"
>;

export function sandboxMethods(labd: Labd, runtimes: Runtimes, logger: Logger): SandboxMethods {
  return {
    "sandbox.freeze": ({ sandboxId, bytesMax }) =>
      labd.freeze(sandboxId, bytesMax, (node) => recordRuntime(runtimes.of(node))),
    "sandbox.thaw": ({ sandboxId, digest }) =>
      labd.thaw(sandboxId, digest, (node) =>
        restorePods(runtimes.of(node), logger, () => labd.isPresent(node)),
      ),
    "frozen.list": async () => ({ archives: await labd.host.frozen.list() }),
    "frozen.remove": async ({ digest }) => {
      await labd.host.frozen.remove(digest);
      return {};
    },
    health: async () => ({ pid: process.pid, sandboxes: labd.size }),
    "sandbox.create": (input) => labd.create(input),
    "sandbox.destroy": async ({ sandboxId }) => {
      await labd.destroy(sandboxId);
      return {};
    },
    "sandbox.get": ({ sandboxId }) => labd.get(sandboxId),
    "sandbox.list": async () => ({ sandboxes: await labd.list() }),
    "sandbox.usage": ({ sandboxId }) => sandboxUsage(labd.host, labd.record(sandboxId)),
  };
}
