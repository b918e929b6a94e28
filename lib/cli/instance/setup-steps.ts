import type { Config } from "@/lib/config";
import { ensureImages } from "@/lib/sandbox/image/ensure-images";
import { ensureNodeRoot } from "@/lib/sandbox/rootfs/ensure-node-root";

export interface SetupStep {
  title: string;
  run(report: (text: string) => void): Promise<void>;
}

/** What is built once for a data folder and kept: file systems of nodes and of images. */
export function setupSteps(config: Config): SetupStep[] {
  return [
    {
      title: "Node root file system",
      run: async (report) => void (await ensureNodeRoot(config.dataDir, { onProgress: report })),
    },
    {
      title: "Container images",
      run: async (report) => void (await ensureImages(config.dataDir, { onProgress: report })),
    },
  ];
}
