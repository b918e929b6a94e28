import type { FullConfig } from "@playwright/test";
import { instanceOf, startInstance, stopInstance } from "./instance";

export default async function setup({ workers }: FullConfig): Promise<() => Promise<void>> {
  const instances = Array.from({ length: workers }, (_, worker) => instanceOf(worker));
  for (const one of instances) await startInstance(one);
  return async () => {
    for (const one of instances) await stopInstance(one);
  };
}
