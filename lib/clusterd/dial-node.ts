import { AppError } from "@/lib/core/app-error";
import type { clusterdRpc } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { StreamParsed } from "@/lib/rpc/contract";
import { joinSockets } from "@/lib/rpc/join-sockets";
import type { StreamHandlers } from "@/lib/rpc/server";
import type { LabRecord } from "./lab-folder";

/** See `lab.dial`. The address is the one in the lab's own record: nothing that a caller writes becomes one. */
export async function dialNode(
  labd: RpcClient<LabdRpc>,
  { labId, phase, environment }: LabRecord,
  { node: name, port, timeoutMs }: StreamParsed<typeof clusterdRpc, "lab.dial">,
): ReturnType<StreamHandlers<typeof clusterdRpc>["lab.dial"]> {
  if (phase !== "ready")
    throw new AppError("conflict", `The lab ${labId} is ${phase}.`, { details: { phase } });
  const node = environment.nodes.find((one) => one.name === name);
  if (!node) throw new AppError("not-found", `The lab ${labId} has no node ${name}.`);
  const address = node.address.replace(/\/.*/, "");
  const target = { sandboxId: labId, node: name, address: `${address}:${port}`, timeoutMs };
  try {
    const { socket } = await labd.open("dial", target, { timeoutMs: timeoutMs + 5000 });
    return { reply: { address }, attach: (caller) => joinSockets(caller, socket) };
  } catch (failure) {
    const { code, message } = AppError.from(failure);
    if (code !== "unavailable" && code !== "timeout") throw failure;
    throw new AppError(code, message, { cause: failure, details: { address } });
  }
}
