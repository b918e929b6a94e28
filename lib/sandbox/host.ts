import type { Clock } from "@/lib/core/clock";
import type { Cgroups } from "./cgroup";
import type { FrozenStore } from "./freeze/frozen-store";
import type { LabdPaths } from "./paths";

/** What every sandbox of one labd shares. */
export interface SandboxHost {
  paths: LabdPaths;
  cgroups: Cgroups;
  /** Read-only layers of a node's root, uppermost first. */
  nodeLayers: string[];
  imagesFolder: string;
  bootId: string;
  /** Owns the folder in which clusterd listens for the nodes. */
  service: { uid: number; gid: number };
  frozen: FrozenStore;
  diskTemplate: (bytes: number) => Promise<string>;
  clock: Clock;
}
