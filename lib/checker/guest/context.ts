import { call, HostCallError, type Resource } from "./bridge";
import {
  compareAs,
  Expectation,
  Ledger,
  show,
  StopCheck,
  type AnswerTypeName,
  type ExpectOptions,
} from "./evidence";
import { resourceOf, type KindName, type Kinds, type KubeObject } from "./kinds";
import { expectConnectivity, type ConnectivityOptions } from "./connectivity";
import { podLogs } from "./logs";
import { NodePlace, Place } from "./place";
import {
  endpointsOf,
  expectRollout,
  type Endpoint,
  type RolloutOptions,
  type WorkloadKind,
} from "./workloads";

export type ParameterValue = string | number | boolean | (string | number)[];

export interface RunMessage {
  questionId: string;
  answer?: string | string[];
  parameters: Record<string, ParameterValue>;
  /** Milliseconds that are left for this check. */
  deadlineMs: number;
}

export interface ObjectRef {
  name: string;
  namespace?: string;
}

export interface ListFilter {
  namespace?: string;
  /** "app=web,tier!=cache" */
  labelSelector?: string;
  /** "spec.nodeName=node01" */
  fieldSelector?: string;
}

/** Objects of the cluster, read as its admin straight from the store: nothing a student does to kubectl matters. */
export class Cluster {
  readonly #ledger: Ledger;
  readonly #name: string | undefined;
  constructor(ledger: Ledger, name?: string) {
    this.#ledger = ledger;
    this.#name = name;
  }

  get #kubectl(): string {
    return this.#name === undefined ? "kubectl" : `kubectl --context ${this.#name}`;
  }

  /** Undefined when there is none. Kinds by word are typed; others are named by group, version and plural. */
  get<K extends KindName>(kind: K, ref: ObjectRef): Promise<Kinds[K] | undefined>;
  get(resource: Resource, ref: ObjectRef): Promise<KubeObject | undefined>;
  async get(kind: KindName | Resource, { name, namespace }: ObjectRef): Promise<KubeObject | undefined> {
    const resource = resourceOf(kind);
    this.#ledger.lastSource = `${this.#kubectl} get ${resource.plural} ${name}${namespace ? ` -n ${namespace}` : ""} -o yaml`;
    return (
      ((await call("get", { resource, namespace, name, cluster: this.#name })) as KubeObject | null) ??
      undefined
    );
  }

  /** All namespaces unless the filter names one. */
  list<K extends KindName>(kind: K, filter?: ListFilter): Promise<Kinds[K][]>;
  list(resource: Resource, filter?: ListFilter): Promise<KubeObject[]>;
  async list(kind: KindName | Resource, filter: ListFilter = {}): Promise<KubeObject[]> {
    const resource = resourceOf(kind);
    const where = filter.namespace ? ` -n ${filter.namespace}` : "";
    const selector = filter.labelSelector ? ` -l ${filter.labelSelector}` : "";
    this.#ledger.lastSource = `${this.#kubectl} get ${resource.plural}${where}${selector}`;
    return (await call("list", { resource, ...filter, cluster: this.#name })) as KubeObject[];
  }
}

/** What a check is given: `check(async (t) => { ... })`. */
export class CheckContext {
  readonly cluster: Cluster;
  /** What the student answered; undefined for tasks and when nothing was answered. */
  readonly answer: string | string[] | undefined;
  /** The attempt's parameters. They tell what was asked for; the right answer comes from the cluster. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** @internal */
  readonly ledger: Ledger;
  readonly #message: RunMessage;
  readonly #endMs: number;
  readonly #clusterName: string | undefined;

  constructor(message: RunMessage, of?: { ledger: Ledger; endMs: number; cluster: string }) {
    this.#message = message;
    this.answer = message.answer;
    this.parameters = message.parameters;
    this.ledger = of?.ledger ?? new Ledger();
    this.#clusterName = of?.cluster;
    this.cluster = new Cluster(this.ledger, this.#clusterName);
    this.#endMs = of?.endMs ?? Date.now() + message.deadlineMs;
  }

  /** The same check, looking at another cluster of the lab: its objects and pods. Nodes have one name in all. */
  inCluster(name: string): CheckContext {
    return new CheckContext(this.#message, { ledger: this.ledger, endMs: this.#endMs, cluster: name });
  }

  /** A parameter as text. */
  parameter(name: string): string {
    const value = Object.hasOwn(this.parameters, name) ? this.parameters[name] : undefined;
    if (value === undefined) throw new RangeError(`The lab has no parameter "${name}".`);
    return String(value);
  }

  node(name: string): NodePlace {
    return new NodePlace(this.ledger, name);
  }

  pod(namespace: string, pod: string, container?: string): Place {
    return new Place(
      this.ledger,
      { namespace, pod, container, cluster: this.#clusterName },
      `${namespace}/${pod}$`,
    );
  }

  /** States what must be so. `t.expect("node01 is Ready", ready).toBe(true)` */
  expect(label: string, seen: unknown, options: ExpectOptions = {}): Expectation {
    return new Expectation(this.ledger, label, seen, options, false);
  }

  /** As `expect`, and the check ends here when it does not hold: for what the rest depends on. */
  require(label: string, seen: unknown, options: ExpectOptions = {}): Expectation {
    return new Expectation(this.ledger, label, seen, options, true);
  }

  /** An object that the rest depends on: when it is absent the check ends as failed. Its presence earns nothing. */
  async mustGet<K extends KindName>(kind: K, ref: ObjectRef): Promise<Kinds[K]> {
    const found = await this.cluster.get(kind, ref);
    const where = ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
    if (!found) this.require(`${kind} ${where} exists`, found).toExist();
    return found!;
  }

  /** Expects, within 10 s, what `kubectl rollout status` waits for: all pods are new and available. */
  expectRollout(kind: WorkloadKind, ref: Required<ObjectRef>, options: RolloutOptions = {}): Promise<void> {
    return expectRollout(this, kind, ref, options);
  }

  /**
   * Expects, within 4 s, which pods reach which, one expectation a pair:
   * `expectConnectivity({ front, api, store }, { front: { api: true, store: false } })`.
   */
  expectConnectivity<Name extends string>(
    pods: Readonly<Record<Name, Required<ObjectRef>>>,
    matrix: Partial<Record<Name, Partial<Record<Name, boolean>>>>,
    options: ConnectivityOptions = {},
  ): Promise<void> {
    return expectConnectivity(this, pods, matrix, options);
  }

  /** Who is behind a Service. */
  endpoints(service: Required<ObjectRef>): Promise<Endpoint[]> {
    return endpointsOf(this, service);
  }

  /** The end of what a pod's container has written, former containers of the pod included. */
  logs(pod: Required<ObjectRef>, container?: string): Promise<string> {
    return podLogs(this, pod, container);
  }

  /**
   * Compares the student's answer with what the cluster shows, as values of the type. The evidence shows both; the
   * reason given to the student does not tell the right answer.
   */
  expectAnswer(
    type: AnswerTypeName,
    expected: string | number | readonly (string | number)[],
    options: ExpectOptions = {},
  ): boolean {
    const label = "the answer";
    const { weight, source = this.ledger.lastSource } = options;
    const record = (seen: string, passed: boolean) =>
      this.ledger.record({ label, expected: show(expected), seen, source, passed, weight });
    if (this.answer === undefined || this.answer.length === 0) {
      this.ledger.unanswered = true;
      return record("(no answer)", false);
    }
    const { same, problem } = compareAs(type, expected, this.answer);
    if (!same) this.ledger.reason = problem ?? "This is not what the cluster shows.";
    return record(show(this.answer), same);
  }

  /** Sets what the question earns, 0 to 1, whatever the expectations say. */
  points(fraction: number): void {
    if (!(fraction >= 0 && fraction <= 1)) throw new RangeError("points() takes a fraction between 0 and 1.");
    this.ledger.fraction = fraction;
  }

  /** Ends the check as failed, with a sentence for the student. */
  fail(reason: string): never {
    this.ledger.reason = reason;
    this.ledger.record({
      label: reason,
      expected: "",
      seen: "",
      source: this.ledger.lastSource,
      passed: false,
      weight: undefined,
    });
    throw new StopCheck(reason);
  }

  /**
   * Repeats `attempt` until everything that it expects holds, at most `withinMs` (default 10 s). Only the evidence of
   * the last attempt is kept.
   */
  async eventually(attempt: () => unknown, { withinMs = 10_000, everyMs = 300 } = {}): Promise<void> {
    const mark = this.ledger.items.length;
    // Leaves time to report the last attempt.
    const endMs = Math.min(Date.now() + withinMs, this.#endMs - 500);
    for (;;) {
      this.ledger.items.length = mark;
      let stop: unknown;
      try {
        await attempt();
      } catch (error) {
        if (!(error instanceof StopCheck) && !isAbsence(error)) throw error;
        stop = error;
      }
      const holds = stop === undefined && this.ledger.items.slice(mark).every((item) => item.passed);
      if (holds) return;
      if (Date.now() + everyMs >= endMs) {
        if (stop !== undefined) throw stop;
        return;
      }
      await this.sleep(everyMs);
    }
  }

  async sleep(ms: number): Promise<void> {
    await call("sleep", { ms });
  }
}

/** Something that the student was to make, or may have removed, is not there. */
export function isAbsence(error: unknown): error is HostCallError {
  return error instanceof HostCallError && error.code === "not-found";
}
