import { z } from "zod";
import { defineRpc } from "@/lib/rpc/contract";
import { answerValue, checkResult } from "./check";
import { labEnvironment } from "./environment";
import { dnsLabel, empty, ipv4, labId, parameterValues } from "./fields";
import { commandResult, digest, frozenSandbox } from "./labd";

/** The steps of a lab's start, in order, in words for the person who waits. */
export const labStep = z.object({
  id: z.enum(["sandbox", "control-plane", "nodes", "addons", "setup", "ready"]),
  title: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  durationMs: z.number().optional(),
});

/** A lab that was put to rest: one file, named by its SHA-256, that names an archive of labd. */
export const frozenLab = z.object({ frozenId: digest, sizeBytes: z.number(), frozenAtMs: z.number() });
export type FrozenLab = z.infer<typeof frozenLab>;

/** What clusterd gives and takes of a frozen lab that goes to another host; the archive of its nodes goes from labd to labd. */
export const movedLab = z.object({
  manifest: z.string(),
  cluster: z.base64(),
  /** Absent for the end state of an attempt whose lab is gone. */
  labId: labId.optional(),
});
export type MovedLab = z.infer<typeof movedLab>;

/** `starting` is also the thaw of a frozen one. */
export const labPhase = z.enum(["starting", "ready", "freezing", "frozen", "failed", "stopping"]);

/** A lab that ends by itself when no call has named it for so long: whoever plays on it may die on the way. */
const idleMsMax = z.number().int().min(1000);

export const labStatus = z.object({
  labId,
  /** Grows with every change. */
  revision: z.number().int(),
  phase: labPhase,
  steps: z.array(labStep),
  /** A sentence for people when the phase is failed, or frozen because it could not be thawed. */
  error: z.string().optional(),
  startedAtMs: z.number(),
  readyAfterMs: z.number().optional(),
  idleMsMax: idleMsMax.optional(),
  /** What holds it while the phase is frozen. */
  frozen: frozenLab.optional(),
});
export type LabStatus = z.infer<typeof labStatus>;

export const clusterdRpc = defineRpc({
  methods: {
    health: {
      input: empty,
      output: z.object({
        pid: z.number(),
        /** Those that run; frozen ones do not. */
        labs: z.number(),
        /** How many of them have an `idleMsMax`: nobody's attempt, but they take room. */
        passingLabs: z.number(),
        shards: z.array(z.object({ pid: z.number(), labs: z.number(), rssBytes: z.number() })),
      }),
    },
    /** Answers at once; `lab.status` tells how it goes. Throws `conflict` when the id runs already. */
    "lab.start": {
      input: z.object({ labId, environment: labEnvironment, idleMsMax: idleMsMax.optional() }),
      output: labStatus,
    },
    /** With `afterRevision`: answers when the status is newer, or after `timeoutMs`. Throws `not-found`. */
    "lab.status": {
      input: z.object({
        labId,
        afterRevision: z.number().int().optional(),
        timeoutMs: z.number().int().max(60_000).default(25_000),
      }),
      output: labStatus,
    },
    "lab.list": { input: empty, output: z.object({ labs: z.array(labStatus) }) },
    /**
     * Stops everything of the lab and forgets it. Safe to repeat. A frozen lab's data go too, unless they are to be kept
     * for `lab.thaw` under another id; then `frozen.remove` is what removes them.
     */
    "lab.stop": { input: z.object({ labId, keepFrozen: z.boolean().default(false) }), output: empty },
    /**
     * Puts a ready lab to rest: nothing of it runs, its objects, files and keys are stored. Of a frozen lab it answers the
     * same again. Throws `conflict` for a lab that is not ready, `exhausted` when it is too large to store; it then goes on.
     */
    "lab.freeze": { input: z.object({ labId }), output: frozenLab },
    /**
     * Starts a frozen lab again: objects, files, addresses, names and keys are the same, processes are new. Answers at once;
     * `lab.status` tells how it goes. With `frozenId` the lab `labId` is made from data that were kept, which stay.
     * Throws `not-found`, or `conflict` when the lab is not frozen.
     */
    "lab.thaw": { input: z.object({ labId, frozenId: digest.optional() }), output: labStatus },
    /** Removes the data of a frozen lab that `lab.stop` kept. Safe to repeat. */
    "frozen.remove": { input: z.object({ frozenId: digest }), output: empty },
    /** The archive in `sandbox` is to be fetched from labd. Throws `not-found`, and `invalid` for damaged data. */
    "frozen.export": {
      input: z.object({ frozenId: digest }),
      output: movedLab.extend({ sandbox: frozenSandbox }),
    },
    /**
     * Takes a frozen lab, or a kept end state, of another host, once labd has its archive. All or nothing.
     * Throws `not-found` without the archive, `conflict` when the lab is here, `invalid` when bytes have changed.
     */
    "frozen.import": { input: movedLab, output: frozenLab },
    /** Runs a command on a node of the lab (walks and graders' tools use it). */
    "lab.exec": {
      input: z.object({
        labId,
        node: dnsLabel,
        argv: z.array(z.string()).min(1),
        stdin: z.string().default(""),
        timeoutMs: z.number().int().default(120_000),
      }),
      output: commandResult,
    },
    /**
     * Runs checks of a compiled checker module against the lab. Every question asked for gets a result; a checker
     * that fails in any way gives `ungradable` for its question only.
     */
    "check.run": {
      input: z.object({
        labId,
        /** JavaScript, as `compileChecks` made it. */
        source: z.string(),
        parameters: parameterValues,
        questions: z.array(
          z.object({ questionId: z.string(), pointsMax: z.number(), answer: answerValue.optional() }),
        ),
        deadlineMs: z.number().int().max(120_000).default(30_000),
      }),
      output: z.object({ results: z.array(checkResult) }),
    },
  },
  streams: {
    /**
     * A TCP connection to a port of a node's own address, made inside that node: the caller names no address. Throws
     * `not-found` for an unknown lab or node, `conflict` when the lab does not run, and `unavailable` or `timeout` with
     * the address in its details when nobody answers there.
     */
    "lab.dial": {
      input: z.object({
        labId,
        node: dnsLabel,
        port: z.number().int().min(1).max(65535),
        timeoutMs: z.number().int().positive().max(30_000).default(5000),
      }),
      reply: z.object({ address: ipv4 }),
    },
  },
});
export type ClusterdRpc = typeof clusterdRpc;
