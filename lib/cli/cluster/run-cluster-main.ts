import { AppError } from "@/lib/core/app-error";
import { startStandalone } from "@/lib/cluster/standalone/start-standalone";
import { claimName, removeRecord } from "./records";

// An entry of its own: only the process that runs a cluster loads the API server.

export interface ClusterSettings {
  name: string;
  nodes: number;
  host: string;
  port: number;
}

/** What whoever asked for a cluster is told once its nodes are ready. */
export interface ReadyCluster {
  name: string;
  url: string;
  pid: number;
  nodes: number;
  /** From the start of the process. */
  readyAfterMs: number;
  kubeconfig: string;
}

/** Runs a bare control plane in this process. `ended` resolves after SIGINT or SIGTERM, when all is let go of. */
export async function runCluster(
  settings: ClusterSettings,
): Promise<{ ready: ReadyCluster; ended: Promise<void> }> {
  const { name, nodes, host, port } = settings;
  const cluster = await startStandalone({ name, nodes, listen: { host, port } }).catch((cause: unknown) => {
    throw asReason(cause, host, port);
  });
  try {
    await claimName({ name, url: cluster.url, nodes });
  } catch (failure) {
    await cluster.close();
    throw failure;
  }
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  return {
    ready: {
      name,
      url: cluster.url,
      pid: process.pid,
      nodes,
      readyAfterMs: Math.round(performance.now()),
      kubeconfig: cluster.kubeconfig,
    },
    ended: stopped.then(async () => {
      await removeRecord(name);
      await cluster.close();
    }),
  };
}

function asReason(failure: unknown, host: string, port: number): unknown {
  const { code } = failure as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return new AppError("conflict", `Port ${port} of ${host} is taken. Choose another with --port.`, {
      cause: failure,
    });
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new AppError(
      "invalid",
      `Cannot listen on ${host}:${port} (${code}). Choose with --host, --port.`,
      {
        cause: failure,
      },
    );
  return failure;
}
