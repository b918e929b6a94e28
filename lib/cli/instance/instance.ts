import type { Config } from "@/lib/config";
import { AppError } from "@/lib/core/app-error";
import { initialiseDatabase } from "./database";
import { prepareLayout } from "./layout";
import { processSpecs, type ProcessSpec } from "./processes";
import { loadSecrets, type Secrets } from "./secrets";
import { serviceView, type ServiceView } from "./service-view";
import { ensureServiceUser } from "./service-user";

export interface Instance {
  view: ServiceView;
  secrets: Secrets;
  specs: ProcessSpec[];
}

/** Prepares what the processes of an instance need of the host and tells how each is started. Safe to repeat. */
export async function openInstance(config: Config): Promise<Instance> {
  if (process.getuid?.() !== 0)
    throw new AppError("forbidden", "examctl makes namespaces and mounts: run this as root or with sudo.");
  const user = await ensureServiceUser(config.serviceUser);
  await prepareLayout(config, user);
  const secrets = await loadSecrets(config.dataDir);
  const view = await serviceView(config, user);
  if (!config.databaseUrl) await initialiseDatabase(config, view, secrets);
  return { view, secrets, specs: await processSpecs(config, view, secrets) };
}
