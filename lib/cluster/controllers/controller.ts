import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { ApiStatusError, isConflict } from "@/lib/cluster/client/status";
import type { Informers } from "@/lib/cluster/client/informers";
import { KeyedRunner } from "@/lib/cluster/client/keyed-runner";

/** What every controller gets. The informers are started and filled. */
export interface ControllerContext {
  client: ClusterClient;
  informers: Informers;
  clock: Clock;
  logger: Logger;
  /** `caKeyPem` signs what CertificateSigningRequests ask for; without it nothing is signed. */
  cluster: { podCidr: string; caPem: string; caKeyPem?: string };
}

/** Something that runs beside the cluster; `stop` waits for work in hand. */
export interface Running {
  stop(): Promise<void>;
}

export interface LoopOptions {
  name: string;
  /** Registers what makes keys due; each registration gives its release. Called once. */
  watch(add: (key: string) => void): (() => void)[];
  /** Brings what the key names to what it should be. Level-triggered, safe twice; a failure is repeated later. */
  reconcile(key: string, addAfter: (delayMs: number) => void): Promise<void>;
  /** Keys that are due at the start. */
  initial(): string[];
}

const dayMs = 24 * 3600_000;

/** The thin loop around a controller's plan: one object's failure does not keep the others from their turn. */
export function runLoop(context: ControllerContext, options: LoopOptions): Running {
  const runner: KeyedRunner = new KeyedRunner(
    // A timer holds 24 days at most; a look a day earlier than needed costs nothing.
    (key) => options.reconcile(key, (delayMs) => runner.addAfter(key, Math.min(delayMs, dayMs))),
    {
      clock: context.clock,
      onError(key, failure) {
        // Somebody else wrote first: the next try reads what they wrote.
        if (isConflict(failure)) return;
        // What the API refuses is told on the object, by an event; the log is for what nobody expected.
        const isRefused = failure instanceof ApiStatusError && failure.code < 500;
        context.logger[isRefused ? "debug" : "warn"](
          { err: failure, object: key, controller: options.name },
          "reconcile failed; trying again",
        );
      },
    },
  );
  const releases = options.watch((key) => runner.add(key));
  for (const key of options.initial()) runner.add(key);
  return {
    async stop() {
      for (const release of releases) release();
      await runner.close();
    },
  };
}

export function recorderFor(context: ControllerContext, component: string): EventRecorder {
  return new EventRecorder(context.client, { component }, context.clock);
}

/** Nothing can be made in such a namespace any more; trying would only fail and be tried again. */
export function isNamespaceEnding({ informers }: ControllerContext, namespace: string): boolean {
  const object = informers.namespaces.get(undefined, namespace);
  return object?.metadata.deletionTimestamp !== undefined;
}

/** A list as a merge patch writes it: an empty one is taken off the object. */
export function orNull<T>(list: T[]): T[] | null {
  return list.length > 0 ? list : null;
}

export function keyOf({ metadata }: { metadata: { namespace?: string; name: string } }): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const at = key.indexOf("/");
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}
