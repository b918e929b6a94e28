import type { Clock } from "@/lib/core/clock";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Event } from "@/lib/cluster/resources/types";
import type { ClusterClient } from "./client";
import { refs } from "./refs";
import { isNotFound } from "./status";

interface Known {
  namespace: string;
  name: string;
  count: number;
}

const burst = 25;
const refillMs = 300_000;
const similarMax = 10;
const similarForMs = 600_000;
const knownMax = 4096;

/**
 * Writes Events as client-go's recorder does (tools/record 1.34): one object for equal events, whose count grows; ten
 * and more of one reason with different messages, none ten minutes after the one before, are combined; a source may write 25 about one object and then one
 * every five minutes. Recording never fails the caller.
 */
export class EventRecorder {
  readonly #known = new Map<string, Known>();
  readonly #similar = new Map<string, { messages: Set<string>; atMs: number }>();
  readonly #budgets = new Map<string, { tokens: number; atMs: number }>();
  #last: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(
    private readonly client: ClusterClient,
    private readonly source: { component: string; host?: string },
    private readonly clock: Clock,
  ) {}

  event(
    about: KubeObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    const atMs = this.clock.now();
    if (!this.#spend(about, atMs)) return;
    this.#last = this.#last
      .then(() => this.#write(about, type, reason, message, fieldPath, atMs))
      .catch(() => undefined);
  }

  /** Resolves when everything recorded so far is written. */
  flush(): Promise<void> {
    return this.#last;
  }

  #spend(about: KubeObject, nowMs: number): boolean {
    const key = about.metadata.uid ?? about.metadata.name;
    const budget = this.#budgets.get(key) ?? { tokens: burst, atMs: nowMs };
    budget.tokens = Math.min(burst, budget.tokens + (nowMs - budget.atMs) / refillMs);
    budget.atMs = nowMs;
    remember(this.#budgets, key, budget);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  /** Whether so many like it came within the window that this one joins the others (EventAggregate). */
  #isOneTooMany(similarKey: string, text: string, atMs: number): boolean {
    const before = this.#similar.get(similarKey);
    const isRecent = before && atMs - before.atMs <= similarForMs;
    const messages = isRecent ? before.messages : new Set<string>();
    remember(this.#similar, similarKey, { messages, atMs });
    messages.add(text);
    if (messages.size < similarMax) return false;
    messages.delete(text);
    return true;
  }

  async #write(
    about: KubeObject,
    type: string,
    reason: string,
    text: string,
    fieldPath: string | undefined,
    atMs: number,
  ): Promise<void> {
    const similarKey = JSON.stringify([about.kind, about.metadata.uid, about.metadata.name, type, reason]);
    const isCombined = this.#isOneTooMany(similarKey, text, atMs);
    const message = isCombined ? `(combined from similar events): ${text}` : text;
    const key = isCombined ? similarKey : JSON.stringify([similarKey, fieldPath, text]);
    const timestamp = new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
    const known = this.#known.get(key);
    if (known) {
      try {
        await this.client.patch(refs.events, known.namespace, known.name, "application/merge-patch+json", {
          count: known.count + 1,
          lastTimestamp: timestamp,
          message,
        });
        known.count += 1;
        return;
      } catch (failure) {
        if (!isNotFound(failure)) throw failure;
      }
    }
    const namespace = about.metadata.namespace || "default";
    // Unique as upstream's nanoseconds are: the sequence keeps two of one millisecond apart.
    const stamp = (BigInt(atMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    const name = `${about.metadata.name}.${stamp}`;
    await this.client.create<Event>(refs.events, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: {
        kind: about.kind,
        namespace: about.metadata.namespace,
        name: about.metadata.name,
        uid: about.metadata.uid,
        apiVersion: about.apiVersion,
        resourceVersion: about.metadata.resourceVersion,
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      type,
      source: { component: this.source.component, ...(this.source.host ? { host: this.source.host } : {}) },
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
      eventTime: null,
      reportingComponent: this.source.component,
      reportingInstance: this.source.host ?? "",
    });
    remember(this.#known, key, { namespace, name, count: 1 });
  }
}

/** A map that forgets its oldest entries. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > knownMax) map.delete(map.keys().next().value!);
}
