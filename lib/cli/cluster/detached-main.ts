import { AppError } from "@/lib/core/app-error";
import type { DetachedReport } from "./detach-cluster";
import { loadServer } from "./load-server";
import type { ClusterSettings } from "./run-cluster-main";

// What `examctl cluster up --detach` starts, with the settings as its argument: reports over the IPC channel, then runs on.

const tell = (report: DetachedReport) =>
  new Promise<void>((done) => process.send?.(report, undefined, undefined, () => done()) ?? done());
try {
  const settings = JSON.parse(process.argv[2]!) as ClusterSettings;
  const { ready, ended } = await loadServer().runCluster(settings);
  await tell({ ready });
  process.disconnect?.();
  await ended;
} catch (failure) {
  const { code, message } = AppError.from(failure, (failure as Error).message);
  await tell({ error: { code, message } });
  throw failure;
}
