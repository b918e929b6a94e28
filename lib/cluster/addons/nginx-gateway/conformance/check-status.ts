import type { Gateway, GatewayClass } from "@/lib/cluster/addons/gateway-api/types";
import type { Condition } from "@/lib/cluster/resources/types";
import { classStatus, gatewayStatus } from "../controller/statuses";
import { lastOfEach, type Finding } from "../model/conditions";
import type { GatewayState, Graph } from "../model/graph";
import { sameKind, type ExpectedCondition, type ExpectedListener } from "./expectations";

type Reference = { Name: string; Namespace?: string };

const isNamed = (metadata: { name: string; namespace?: string }, wanted: Reference) =>
  metadata.name === wanted.Name &&
  (wanted.Namespace === undefined || metadata.namespace === wanted.Namespace);

/** Everything that is said of the conditions of an object: of the object itself, its listeners or its parents. */
export function findingsOf(graph: Graph, reference: Reference): Finding[][] {
  return [
    ...graph.classes
      .filter(({ gatewayClass }) => isNamed(gatewayClass.metadata, reference))
      .map(({ findings }) => findings),
    ...graph.gateways
      .filter(({ gateway }) => isNamed(gateway.metadata, reference))
      .flatMap(({ findings, listeners }) => [findings, ...listeners.map((one) => one.findings)]),
    ...graph.routes
      .filter(({ route }) => isNamed(route.metadata, reference))
      .flatMap(({ parents }) => parents.map(({ findings }) => findings)),
  ].map(lastOfEach);
}

/** What is wrong, or undefined. */
export function checkConditions(wanted: ExpectedCondition[], sets: Finding[][]): string | undefined {
  const holds = (findings: Finding[], { Type, Status, Reason }: ExpectedCondition) =>
    findings.some(
      ({ type, status, reason }) => type === Type && status === Status && (!Reason || reason === Reason),
    );
  if (sets.some((findings) => wanted.every((one) => holds(findings, one)))) return undefined;
  const shown = (
    list: {
      Type?: string;
      type?: string;
      Status?: string;
      status?: string;
      Reason?: string;
      reason?: string;
    }[],
  ) =>
    list
      .map((one) => `${one.Type ?? one.type}=${one.Status ?? one.status}/${one.Reason ?? one.reason}`)
      .join(" ");
  return `wanted ${shown(wanted)}, found ${sets.map(shown).join(" | ") || "nothing"}`;
}

export function checkListener(
  { gateway, listeners }: GatewayState,
  wanted: ExpectedListener,
): string | undefined {
  const found = listeners.find(({ listener }) => listener.name === wanted.Name);
  if (!found) return `no listener ${wanted.Name} of ${gateway.metadata.name}`;
  const { supportedKinds, attachedRoutes, findings } = found;
  const kinds = wanted.SupportedKinds;
  if (
    kinds &&
    (kinds.length === 0
      ? supportedKinds.length > 0
      : !kinds.every((kind) => supportedKinds.some((one) => sameKind(one, kind))))
  )
    return `${wanted.Name}: supportedKinds are ${supportedKinds.map(({ kind }) => kind).join(",") || "none"}`;
  if (attachedRoutes !== wanted.AttachedRoutes)
    return `${wanted.Name}: attachedRoutes is ${attachedRoutes}, not ${wanted.AttachedRoutes}`;
  return checkConditions(wanted.Conditions, [lastOfEach(findings)]);
}

/** What speaks of another generation than the object's, before a change or after it. */
export function generationProblems(before: Graph, after: Graph, reference: Reference): string[] {
  const now = new Date(0).toISOString();
  const objects = (graph: Graph) => [
    ...graph.classes
      .filter(({ gatewayClass }) => isNamed(gatewayClass.metadata, reference))
      .map((state) => classStatus(state, now).object as GatewayClass),
    ...graph.gateways
      .filter(({ gateway }) => isNamed(gateway.metadata, reference))
      .map((state) => gatewayStatus(state, [], undefined, now).object as Gateway),
  ];
  const [former, latter] = [objects(before)[0], objects(after)[0]];
  if (!former || !latter) return [`${reference.Name} is not there`];
  const isNewer = latter.metadata.generation! > former.metadata.generation!;
  const conditions = ({ status }: Gateway | GatewayClass): Condition[] => [
    ...(status?.conditions ?? []),
    ...(status && "listeners" in status ? (status.listeners ?? []).flatMap((one) => one.conditions) : []),
  ];
  const wrong = [former, latter].flatMap((object) =>
    conditions(object)
      .filter(({ observedGeneration }) => observedGeneration !== object.metadata.generation)
      .map(({ type, observedGeneration }) => `${type} speaks of generation ${observedGeneration}`),
  );
  return isNewer && conditions(latter).length > 0 ? wrong : ["nothing has changed", ...wrong];
}
