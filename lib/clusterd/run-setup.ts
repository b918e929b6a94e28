import { AppError } from "@/lib/core/app-error";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { ClusterLayout } from "./kubeadm/facts";
import type { StatusBoard } from "./status-board";

const stepTimeoutMs = 120_000;
const apiPatienceMs = 60_000;

/** Runs a lab's setup steps in name order, each once; throws AppError `internal` with the end of a step's output. */
export async function runSetup(options: {
  labId: string;
  environment: LabEnvironment;
  /** The lab's first cluster first. */
  layouts: ClusterLayout[];
  labd: RpcClient<LabdRpc>;
  board: StatusBoard;
}): Promise<void> {
  const { labId, environment, layouts, labd, board } = options;
  const steps = [...environment.setup].sort((a, b) => (a.name < b.name ? -1 : 1));
  const clusters = layouts.filter(({ nodes }) => nodes.length > 0);
  if (steps.length > 0) await Promise.all(clusters.map((layout) => untilApiAnswers(labId, layout, labd)));
  for (const step of steps) {
    await board.once(`setup:${step.name}`, async () => {
      const isManifest = step.kind === "manifest";
      const result = await labd.call(
        "node.exec",
        {
          sandboxId: labId,
          node: step.node ?? layouts[0]!.controlPlane.name,
          argv: isManifest ? ["kubectl", "apply", "-f", "-"] : ["/bin/bash", "-s"],
          env: { HOME: "/root", KUBECONFIG: "/root/.kube/config" },
          stdin: Buffer.from(step.content).toString("base64"),
          timeoutMs: stepTimeoutMs,
        },
        { timeoutMs: stepTimeoutMs + 10_000 },
      );
      if (result.exitCode !== 0 || result.timedOut)
        throw new AppError(
          "internal",
          `The lab's setup step ${step.name} failed${result.timedOut ? " by taking too long" : ""}: ${(result.stderr + result.stdout).trim().slice(-500)}`,
        );
    });
    await board.flush();
  }
}

/** The API server's static pod starts beside the rest; a step that calls kubectl needs its port. */
async function untilApiAnswers(
  labId: string,
  layout: ClusterLayout,
  labd: RpcClient<LabdRpc>,
): Promise<void> {
  const { name, ip } = layout.controlPlane;
  const result = await labd.call(
    "node.exec",
    {
      sandboxId: labId,
      node: name,
      argv: [
        "/bin/bash",
        "-c",
        'until (exec 3<>"/dev/tcp/$1/6443") 2>/dev/null; do sleep 0.05; done',
        "bash",
        ip,
      ],
      timeoutMs: apiPatienceMs,
    },
    { timeoutMs: apiPatienceMs + 10_000 },
  );
  if (result.exitCode !== 0 || result.timedOut)
    throw new AppError(
      "internal",
      `The API server of ${name} did not listen within ${apiPatienceMs / 1000} s: its static pod is in /var/log/pods.`,
    );
}
