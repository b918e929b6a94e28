import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { Logger } from "@/lib/core/logger";
import type { labdRpc } from "@/lib/contract/labd";
import { type SandboxState } from "@/lib/contract/labd";
import { rebootNode } from "@/lib/sandbox/boot-node";
import { createSandbox } from "@/lib/sandbox/create-sandbox";
import type { SandboxHost } from "@/lib/sandbox/host";
import { destroySandbox, dismantleSandbox } from "@/lib/sandbox/destroy-sandbox";
import { closeTransfer } from "@/lib/sandbox/freeze/archive";
import { archiveSandbox, type FrozenSandbox } from "@/lib/sandbox/freeze/freeze-sandbox";
import { readFrozen, thawSandbox } from "@/lib/sandbox/freeze/thaw-sandbox";
import { callInit } from "@/lib/sandbox/init-client";
import { sandboxPaths, type NodePaths } from "@/lib/sandbox/paths";
import type { NodeRecord } from "@/lib/sandbox/pod/store";
import { readRecords, writeRecord, type SandboxRecord } from "@/lib/sandbox/record";
import { keepNode } from "./node-keeper";

type CreateInput = z.output<(typeof labdRpc.methods)["sandbox.create"]["input"]>;

interface Sandbox {
  record: SandboxRecord;
  state: SandboxState["state"];
  /** Creation or removal under way; never rejects. */
  busy: Promise<unknown>;
}

/** A node of a running sandbox, by what its callers need. */
export interface LabNode {
  sandboxId: string;
  name: string;
  index: number;
  paths: NodePaths;
  /** PID 1's control socket. */
  control: string;
  record: SandboxRecord;
  /** The same object for as long as the sandbox is there. */
  owner: object;
}

/** The sandboxes of this host: one operation at a time on each, any number at once. */
export class Labd {
  readonly #sandboxes = new Map<string, Sandbox>();

  constructor(
    readonly host: SandboxHost,
    private readonly logger: Logger,
  ) {}

  get size(): number {
    return this.#sandboxes.size;
  }

  /**
   * Takes over what a former labd left: running sandboxes as they are, everything half made or half removed goes, as do
   * sandboxes of before a reboot.
   */
  async adopt(): Promise<void> {
    for (const record of await readRecords(this.host.paths)) {
      const { sandboxId } = record;
      if (record.state === "frozen") {
        const rested = record.slot === undefined ? record : await this.#rest(record);
        this.#sandboxes.set(sandboxId, { record: rested, state: "frozen", busy: Promise.resolve() });
      } else if (record.state === "running" && record.bootId === this.host.bootId) {
        const sandbox: Sandbox = { record, state: "running", busy: Promise.resolve() };
        this.#sandboxes.set(sandboxId, sandbox);
        // A freeze may have been cut off.
        await closeTransfer(sandboxPaths(this.host.paths, sandboxId));
        await this.host.cgroups.resume(sandboxId);
        this.#keep(sandbox);
        this.logger.info({ sandboxId }, "adopted sandbox");
      } else {
        this.logger.warn({ sandboxId, state: record.state }, "removing an unfinished sandbox");
        await destroySandbox(this.host, record).catch((failure: unknown) => {
          this.#sandboxes.set(sandboxId, { record, state: "broken", busy: Promise.resolve() });
          this.logger.error({ err: failure, sandboxId }, "cannot remove an unfinished sandbox");
        });
      }
    }
  }

  async create(input: CreateInput): Promise<SandboxState & { timingsMs: Record<string, number> }> {
    checkNodes(input);
    if (this.#sandboxes.has(input.sandboxId))
      throw new AppError("conflict", `There is a sandbox ${input.sandboxId} already.`);
    return this.#make(input, (draft) => createSandbox(this.host, draft));
  }

  /** Makes a sandbox from an archive; `restore` brings back the pods of each node. */
  async thaw(
    sandboxId: string,
    digest: string,
    restore: (node: LabNode) => Promise<void>,
  ): Promise<SandboxState & { timingsMs: Record<string, number> }> {
    const frozen = await readFrozen(this.host, digest);
    const { network, nodes, limits } = frozen.facts;
    checkNodes(frozen.facts);
    const present = this.#sandboxes.get(sandboxId);
    if (present && present.state !== "frozen")
      throw new AppError("conflict", `There is a sandbox ${sandboxId} already.`);
    return this.#make({ sandboxId, network, nodes, limits }, (draft) =>
      thawSandbox(this.host, draft, frozen, async (record) => {
        await Promise.all(record.nodes.map((_, index) => restore(this.#nodeOf(record, index))));
      }),
    );
  }

  /**
   * Archives a running sandbox and ends it; a frozen one stays known until it is destroyed or thawed. A labd that is
   * killed on the way leaves it running, or frozen once the archive is durable.
   */
  async freeze(
    sandboxId: string,
    bytesMax: number,
    recordRuntime: (node: LabNode) => Promise<NodeRecord>,
  ): Promise<FrozenSandbox> {
    const sandbox = this.#find(sandboxId);
    await settled(sandbox);
    if (sandbox.state === "frozen") return { ...sandbox.record.frozen!, timingsMs: {} };
    if (sandbox.state !== "running")
      throw new AppError("unavailable", `Sandbox ${sandboxId} is ${sandbox.state}.`);
    sandbox.state = "freezing";
    const work = this.#freeze(sandbox, bytesMax, recordRuntime);
    sandbox.busy = work.catch(() => undefined);
    return work;
  }

  async #freeze(
    sandbox: Sandbox,
    bytesMax: number,
    recordRuntime: (node: LabNode) => Promise<NodeRecord>,
  ): Promise<FrozenSandbox> {
    const { record } = sandbox;
    const { sandboxId } = record;
    let archived: FrozenSandbox;
    try {
      const runtimes = await Promise.all(
        record.nodes.map((_, index) => recordRuntime(this.#nodeOf(record, index))),
      );
      archived = await archiveSandbox(this.host, record, runtimes, bytesMax);
    } catch (failure) {
      sandbox.state = "running";
      throw failure;
    }
    const { digest, sizeBytes } = archived;
    sandbox.record = { ...record, state: "frozen", frozen: { digest, sizeBytes } };
    await writeRecord(sandboxPaths(this.host.paths, sandboxId).record, sandbox.record);
    sandbox.state = "frozen";
    sandbox.record = await this.#rest(sandbox.record);
    this.logger.info({ sandboxId, ...archived }, "sandbox frozen");
    return archived;
  }

  /** Ends what still runs of a frozen sandbox. */
  async #rest(record: SandboxRecord): Promise<SandboxRecord> {
    await dismantleSandbox(this.host, record);
    const rested = { ...record, slot: undefined };
    await writeRecord(sandboxPaths(this.host.paths, record.sandboxId).record, rested);
    return rested;
  }

  async #make(
    input: CreateInput,
    make: (draft: SandboxRecord) => ReturnType<typeof createSandbox>,
  ): Promise<SandboxState & { timingsMs: Record<string, number> }> {
    const { sandboxId } = input;
    const draft: SandboxRecord = {
      version: 1,
      state: "creating",
      createdAtMs: this.host.clock.now(),
      bootId: this.host.bootId,
      ...input,
    };
    const sandbox: Sandbox = { record: draft, state: "creating", busy: Promise.resolve() };
    this.#sandboxes.set(sandboxId, sandbox);
    const creating = make(draft);
    sandbox.busy = creating.catch(() => undefined);
    try {
      const { record, timingsMs } = await creating;
      sandbox.record = record;
      sandbox.state = "running";
      this.#keep(sandbox);
      this.logger.info({ sandboxId, timingsMs }, "sandbox created");
      return { ...(await this.get(sandboxId)), timingsMs };
    } catch (failure) {
      this.#sandboxes.delete(sandboxId);
      throw failure;
    }
  }

  /** Waits for a creation under way, then removes. Callers at the same time share one removal. */
  async destroy(sandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox) return;
    await settled(sandbox);
    if (this.#sandboxes.get(sandboxId) !== sandbox) return;
    if (sandbox.state === "destroying") return this.destroy(sandboxId);
    sandbox.state = "destroying";
    const removing = destroySandbox(this.host, sandbox.record);
    sandbox.busy = removing.catch(() => undefined);
    try {
      await removing;
      this.#sandboxes.delete(sandboxId);
      this.logger.info({ sandboxId }, "sandbox destroyed");
    } catch (failure) {
      sandbox.state = "broken";
      throw failure;
    }
  }

  async destroyAll(): Promise<void> {
    const results = await Promise.allSettled([...this.#sandboxes.keys()].map((id) => this.destroy(id)));
    const failures = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    );
    if (failures.length > 0) throw new AggregateError(failures, "Some sandboxes could not be removed.");
  }

  async get(sandboxId: string): Promise<SandboxState> {
    const { record, state } = this.#find(sandboxId);
    if (state === "frozen") {
      const stopped = record.nodes.map((node) => ({ ...node, state: "stopped" as const }));
      return { sandboxId, state, createdAtMs: record.createdAtMs, nodes: stopped };
    }
    const nodes = await Promise.all(
      record.nodes.map(async (node, index) => ({ ...node, state: await this.#nodeState(record, index) })),
    );
    return { sandboxId, state, createdAtMs: record.createdAtMs, nodes };
  }

  async list(): Promise<SandboxState[]> {
    return Promise.all([...this.#sandboxes.keys()].map((id) => this.get(id)));
  }

  /** A node of a running sandbox. Throws `not-found`, or `unavailable` while the sandbox is made or removed. */
  node(sandboxId: string, name: string): LabNode {
    const { record, state } = this.#find(sandboxId);
    if (state !== "running") throw new AppError("unavailable", `Sandbox ${sandboxId} is ${state}.`);
    const index = record.nodes.findIndex((node) => node.name === name);
    if (index < 0) throw new AppError("not-found", `Sandbox ${sandboxId} has no node ${name}.`);
    return this.#nodeOf(record, index);
  }

  /** Processor time that each running sandbox has used. */
  async busyMs(): Promise<Map<string, number>> {
    const ids = [...this.#sandboxes].flatMap(([id, { state }]) => (state === "running" ? [id] : []));
    return new Map(
      await Promise.all(ids.map(async (id) => [id, await this.host.cgroups.busyMs(id)] as const)),
    );
  }

  /** Kills the nodes of a sandbox: they are started again as after a reboot. */
  async restartNodes(sandboxId: string): Promise<void> {
    const { record } = this.#find(sandboxId);
    const paths = sandboxPaths(this.host.paths, sandboxId);
    const own = new Set(await this.host.cgroups.pids(sandboxId));
    for (const index of record.nodes.keys()) {
      const pid = Number(await readFile(paths.node(index).pidFile, "utf8").catch(() => ""));
      if (own.has(pid)) process.kill(pid, "SIGKILL");
    }
  }

  /** Whether the node's own sandbox runs or is about to: another of the same id may have taken its place. */
  isPresent({ sandboxId, owner }: LabNode): boolean {
    const sandbox = this.#sandboxes.get(sandboxId);
    return sandbox === owner && (sandbox?.state === "creating" || sandbox?.state === "running");
  }

  record(sandboxId: string): SandboxRecord {
    return this.#find(sandboxId).record;
  }

  #keep(sandbox: Sandbox): void {
    const { record } = sandbox;
    for (const [index, { name }] of record.nodes.entries()) {
      const { control } = sandboxPaths(this.host.paths, record.sandboxId).node(index);
      const wanted = () => sandbox.state === "running" || sandbox.state === "freezing";
      const reboot = async () => {
        // One after another, and before a removal that is asked for meanwhile.
        const work = sandbox.busy.then(() => (wanted() ? rebootNode(this.host, record, index) : undefined));
        sandbox.busy = work.catch(() => undefined);
        await work;
      };
      void keepNode(
        { sandboxId: record.sandboxId, name, control, wanted, reboot },
        this.host.clock,
        this.logger,
      );
    }
  }

  #nodeOf(record: SandboxRecord, index: number): LabNode {
    const { sandboxId } = record;
    const paths = sandboxPaths(this.host.paths, sandboxId).node(index);
    const { name } = record.nodes[index]!;
    const owner = this.#find(sandboxId);
    return { sandboxId, name, index, paths, control: paths.control, record, owner };
  }

  #find(sandboxId: string): Sandbox {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox) throw new AppError("not-found", `There is no sandbox ${sandboxId}.`);
    return sandbox;
  }

  async #nodeState(record: SandboxRecord, index: number): Promise<"running" | "stopped"> {
    const { control } = sandboxPaths(this.host.paths, record.sandboxId).node(index);
    return callInit(control, "ping", [], 2000).then(
      () => "running",
      () => "stopped",
    );
  }
}

/** Waits until nothing is under way, also not what was begun while it waited. */
async function settled(sandbox: Sandbox): Promise<void> {
  for (let seen: unknown; seen !== sandbox.busy;) {
    seen = sandbox.busy;
    await sandbox.busy;
  }
}

/** What the schema cannot say: nothing may appear twice in a lab. */
function checkNodes({ nodes, network }: Pick<CreateInput, "nodes" | "network">): void {
  for (const key of ["name", "address", "mac"] as const) {
    const values = nodes.map((node) => (key === "address" ? node.address.split("/")[0] : node[key]));
    if (new Set(values).size !== values.length)
      throw new AppError("invalid", `Two nodes of the sandbox have the same ${key}.`);
    if (key === "address" && values.includes(network.gateway))
      throw new AppError("invalid", `A node of the sandbox has the gateway's address ${network.gateway}.`);
  }
}
