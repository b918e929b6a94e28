import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";

export interface NodeRef {
  sandboxId: string;
  node: string;
}

export interface NodeFile {
  path: string;
  content: string | Buffer;
  mode?: number | undefined;
}

/** Writes files on a node, with the folders that they are in. */
export async function writeFilesOn(
  labd: RpcClient<LabdRpc>,
  ref: NodeRef,
  files: readonly NodeFile[],
): Promise<void> {
  await labd.call("node.writeFiles", {
    ...ref,
    files: files.map(({ path, content, mode }) => ({
      path,
      content: Buffer.from(content).toString("base64"),
      ...(mode === undefined ? {} : { mode }),
    })),
  });
}

/** Runs a command on a node as root in "/"; its output may be as long as the rules of a node with thousands of Services. */
export async function execOn(labd: RpcClient<LabdRpc>, ref: NodeRef, argv: string[], stdin = "") {
  const input = Buffer.from(stdin).toString("base64");
  return labd.call("node.exec", { ...ref, argv, cwd: "/", stdin: input, outputBytesMax: 16 << 20 });
}
