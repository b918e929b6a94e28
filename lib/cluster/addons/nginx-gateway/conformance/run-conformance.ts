import type { LocalNginx } from "@/lib/cluster/addons/ingress-nginx/testing/local-nginx";
import { buildGraph } from "../model/build-graph";
import type { Graph, GatewayState, Inputs, Settings } from "../model/graph";
import { pemOf } from "../model/certificates";
import { certificatePath } from "../render/places";
import { renderFiles } from "../render/http-conf";
import { checkHttp } from "./check-http";
import { checkConditions, checkListener, findingsOf, generationProblems } from "./check-status";
import { className, controllerName, readCluster, type Cluster } from "./cluster";
import {
  isOpen,
  type ConformanceTest,
  type Event,
  type ExpectedHttp,
  type ExpectedListener,
} from "./expectations";
import { afterChanges, bumps, changes, restated, unsupported, withoutGrants } from "./restated";
import type { Finding } from "../model/conditions";

export interface TestReport {
  name: string;
  features: string[];
  result: "passed" | "failed" | "skipped";
  /** How many of its expectations were checked. */
  checks: number;
  reasons: string[];
}

export const settings: Settings = {
  controllerName,
  className,
  routeKinds: ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"],
  servesOneGateway: false,
  reservedPorts: [],
  parametersProblem: ({ spec }) =>
    spec.infrastructure?.parametersRef ? "spec.infrastructure.parametersRef.name: Not found" : undefined,
};

/** Runs one test's expectations, statuses against the model and requests against an nginx with its configuration. */
export async function runTest(folder: string, test: ConformanceTest, nginx: LocalNginx): Promise<TestReport> {
  const { shortName: name, features } = test;
  const missing = features.filter((feature) => feature in unsupported);
  if (missing.length > 0)
    return {
      ...{ name, features, checks: 0 },
      result: "skipped",
      reasons: missing.map((feature) => `${feature}: ${unsupported[feature]}`),
    };
  const runner = new Runner(readCluster(folder, test.manifests), test, nginx);
  for (const event of test.events) await runner.check(event);
  for (const http of restated[name] ?? []) await runner.check({ http });
  const bump = bumps[name];
  if (bump) runner.checkGenerations(bump);
  const { problems, checks, left } = runner;
  return {
    ...{ name, features, checks },
    result: problems.length > 0 ? "failed" : checks === 0 ? "skipped" : "passed",
    reasons: [...problems, ...left, ...(checks === 0 ? ["its data say nothing that can be checked"] : [])],
  };
}

class Runner {
  readonly problems: string[] = [];
  /** What was not checked, and why. */
  readonly left: string[] = [];
  checks = 0;
  #number = 0;
  readonly #all: NonNullable<Event["object"]>[];
  readonly #named: NonNullable<Event["object"]>[] = [];
  #inputs: Inputs;
  #graph: Graph;
  #loaded: GatewayState | undefined;

  constructor(
    { inputs }: Cluster,
    private readonly test: ConformanceTest,
    private readonly nginx: LocalNginx,
  ) {
    this.#all = test.events.flatMap(({ object }) => object ?? []);
    this.#inputs = inputs;
    this.#graph = buildGraph(inputs, settings);
  }

  /** Every condition of what the test names speaks of the object as it is, before the change and after it. */
  checkGenerations(bump: (inputs: Inputs) => Inputs): void {
    const before = this.#graph;
    this.#change(bump);
    this.checks += 2;
    this.problems.push(...generationProblems(before, this.#graph, this.#all[0]!));
  }

  #change(change: (inputs: Inputs) => Inputs): void {
    this.#inputs = change(this.#inputs);
    this.#graph = buildGraph(this.#inputs, settings);
    this.#loaded = undefined;
  }

  async check(event: Event): Promise<void> {
    if (event.object) return void this.#named.push(event.object);
    if (event.subtest !== undefined) return;
    const { condition, listenerStatus, parentStatus, http } = event;
    if (isOpen(http ?? condition ?? listenerStatus ?? parentStatus?.Conditions ?? "$"))
      return void this.left.push("an expectation is known to the test's program only");
    if (http && this.#gateways().every(({ configuration }) => configuration.servers.length === 0))
      return void this.left.push("a request is not one of HTTP");
    this.#number++;
    if (afterChanges[this.test.shortName]?.includes(this.#number))
      return void this.left.push("an expectation is for what the test's program has changed");
    this.checks++;
    if (withoutGrants[this.test.shortName]?.includes(this.#number))
      this.#change((inputs) => ({ ...inputs, grants: [] }));
    for (const { before, change } of changes[this.test.shortName] ?? [])
      if (before === this.#number) this.#change(change);
    const problem = condition
      ? checkConditions([condition], this.#findings())
      : parentStatus
        ? checkConditions(parentStatus.Conditions, this.#findings())
        : listenerStatus
          ? this.#checkListeners(listenerStatus)
          : await this.#request(http!);
    if (problem) this.problems.push(problem);
  }

  /** Those that the test has named by now, the last first; it may also say what it expects before it says of whom. */
  #objects(): NonNullable<Event["object"]>[] {
    return this.#named.length > 0 ? [...this.#named].reverse() : this.#all;
  }

  #findings(): Finding[][] {
    return this.#objects().flatMap((object) => findingsOf(this.#graph, object));
  }

  #gateways(): GatewayState[] {
    const of = (objects: NonNullable<Event["object"]>[]) =>
      objects.flatMap((object) =>
        this.#graph.gateways.filter(
          ({ gateway: { metadata } }) =>
            metadata.name === object.Name && metadata.namespace === (object.Namespace ?? metadata.namespace),
        ),
      );
    const named = of(this.#objects());
    const found = named.length > 0 ? named : of(this.#all);
    return found.length > 0 ? [...new Set(found)] : this.#graph.gateways;
  }

  /** An expectation that comes before all names is for each of them. */
  #checkListeners(wanted: ExpectedListener): string | undefined {
    const problems = this.#gateways().map((state) => checkListener(state, wanted));
    if (problems.length === 0) return "no gateway is named";
    const isForEach = this.#named.length === 0;
    return (isForEach ? problems.every((one) => !one) : problems.includes(undefined))
      ? undefined
      : problems.find(Boolean);
  }

  /** The data do not say which of the gateways a request is for: one of them must answer as expected. */
  async #request(http: ExpectedHttp): Promise<string | undefined> {
    const problems: string[] = [];
    const gateways = this.#gateways().filter(({ configuration }) => configuration.servers.length > 0);
    for (const state of gateways.sort((a, b) => Number(b === this.#loaded) - Number(a === this.#loaded))) {
      await this.#load(state);
      const problem = await checkHttp(this.nginx, http, portFor(state, http));
      if (!problem) return undefined;
      problems.push(problem);
    }
    return problems[0];
  }

  async #load(state: GatewayState): Promise<void> {
    if (this.#loaded === state) return;
    const files = renderFiles(state.configuration);
    for (const key of state.configuration.certificates) {
      const [namespace = "", name = ""] = key.split("/");
      files.set(certificatePath(key), pemOf(this.#inputs.secret(namespace, name)!));
    }
    await this.nginx.load(Object.fromEntries(files));
    this.#loaded = state;
  }
}

/** A host may name the port that the client connects to. */
function portFor({ configuration: { servers } }: GatewayState, { Request }: ExpectedHttp) {
  const named = Number(/:(\d+)$/.exec(Request?.Host ?? "")?.[1]);
  const server = servers.find(({ port }) => port === named) ?? servers[0]!;
  return { number: server.port, isTls: server.tls !== undefined };
}
