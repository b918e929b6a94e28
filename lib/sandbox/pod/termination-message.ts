import { execInNode } from "../exec";
import type { NodeRuntime } from "./node-runtime";
import { places } from "./places";
import type { ContainerRecord } from "./store";

const messageBytesMax = 4096;
const logBytesMax = 2048;
const logLinesMax = 80;

/** The node's file behind a container's terminationMessagePath. */
export function messageFile({ spec, containerId }: Pick<ContainerRecord, "spec" | "containerId">): string {
  return places.terminationMessage(spec.podUid, spec.name, containerId);
}

/**
 * What a container that has ended left to tell (kubernetes 1.34 pkg/kubelet/kuberuntime: getTerminationMessage): its
 * file, or after a failure the end of its log. Read once.
 */
export async function terminationMessage(
  runtime: NodeRuntime,
  container: ContainerRecord,
  exitCode: number,
): Promise<string> {
  if (container.lastWords !== undefined) return container.lastWords;
  const { spec, logPath } = container;
  if (!spec.terminationMessagePath) return "";
  const read = async (argv: string[]) =>
    (await execInNode(runtime.control, { argv, cwd: "/", timeoutMs: 5000 })).stdout.toString("utf8");
  let words = await read(["head", "-c", String(messageBytesMax), "--", messageFile(container)]);
  if (words === "" && exitCode !== 0 && spec.isLogTerminationMessage)
    words = plainLines(await read(["tail", "-n", String(logLinesMax), "--", logPath])).slice(-logBytesMax);
  container.lastWords = words;
  await runtime.store.save();
  return words;
}

/** The text of CRI log lines: "TIME stdout F text". */
function plainLines(log: string): string {
  return log
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [, , tag, ...text] = line.split(" ");
      return text.join(" ") + (tag === "P" ? "" : "\n");
    })
    .join("");
}
