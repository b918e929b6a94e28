import { readFile } from "node:fs/promises";
import type { z } from "zod";
import type { containerSpec, ContainerStatus, podSandboxSpec } from "@/lib/contract/labd";
import { writeRecord } from "../record";
import type { CniList } from "@/lib/core/cni-list";
import type { CniResult } from "./cni";
import { ReturningPods } from "./returning-pods";

export interface PodRecord {
  spec: z.output<typeof podSandboxSpec>;
  /** 64 hexadecimal digits: the pause container's id, and what plugins know the pod by. */
  podId: string;
  /** Undefined for hostNetwork. A path inside the node. */
  netns?: string;
  ips: string[];
  /** Kept for DEL: the configuration may have changed by then. */
  cni?: { list: CniList; result?: CniResult };
  /** Node pid of the pause container, once the pod is up. */
  pid?: number;
}

export interface ContainerRecord {
  spec: z.output<typeof containerSpec>;
  containerId: string;
  imageName: string;
  /** Absent in records of older versions. */
  imageId?: string;
  logPath: string;
  /** True once PID 1 has been asked to run it. */
  started: boolean;
  /** What exec inherits. */
  process: { env: string[]; cwd: string; user: { uid: number; gid: number } };
  /** What it left as its termination message, once it has ended and the message was read. */
  lastWords?: string;
  /** How it had ended when its lab was frozen: PID 1 of a thawed node does not know of it. */
  ended?: Pick<ContainerStatus, "exitCode" | "reason" | "message" | "startedAtMs" | "finishedAtMs">;
}

export interface NodeRecord {
  pods: Record<string, PodRecord>;
  containers: Record<string, ContainerRecord>;
}

/**
 * What labd knows of a node's pods and containers, beside what PID 1 knows: kept on the host, where no student reaches
 * it, and written before each step that makes something.
 */
export class PodStore {
  readonly returning = new ReturningPods();
  #record: NodeRecord | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  async load(): Promise<NodeRecord> {
    if (!this.#record) {
      const text = await readFile(this.path, "utf8").catch(() => undefined);
      this.#record ??= text === undefined ? { pods: {}, containers: {} } : (JSON.parse(text) as NodeRecord);
    }
    return this.#record;
  }

  /** Writes what the record has become; writes go one after another, and one that is overtaken is left out. */
  async save(): Promise<void> {
    const before = this.#writing;
    const write = (async () => {
      await before.catch(() => undefined);
      await writeRecord(this.path, this.#record);
    })();
    this.#writing = write;
    await write;
  }
}
