import type { CustomResourceDefinition, CustomResourceNames } from "@/lib/cluster/resources/types";
import type { Api } from "../api";
import { registerApiServices } from "../bootstrap/api-services";
import { deepEqual } from "../json";
import type { ServedKind } from "../registry/registry";
import { collectionId } from "../store/store";
import { acceptNames, type ConditionState } from "./accept-names";
import { Conversion } from "./conversion";
import { customKind } from "./custom-kind";
import { reconcileDefinition } from "./reconcile-definition";

interface Claim {
  group: string;
  /** None of them accepted: all empty. */
  names: CustomResourceNames;
  condition: ConditionState;
}

const nothing: CustomResourceNames = { plural: "", kind: "" };

/**
 * Serves what the stored CustomResourceDefinitions define: a kind appears before the write of its definition is
 * acknowledged and goes when the definition is gone, after its objects. A definition with a name that another one of
 * its group has is not served until the name is free. Returns the release.
 */
export function serveDefinitions(api: Api): () => void {
  const { registry } = api;
  const resource = registry.resource({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
  });
  const served = new Map<string, { spec: unknown; kinds: ServedKind[]; stop: () => void }>();
  /** Names are given out here, in the order of the writes; the status of a definition tells them a moment later. */
  const claims = new Map<string, Claim>();
  const ending = new Set<string>();

  let announced: Promise<void> = Promise.resolve();
  const announce = () => {
    announced = announced
      .then(() => registerApiServices(api))
      .catch((failure: unknown) =>
        api.logger.error({ err: failure }, "API services could not be registered"),
      );
  };

  const claim = ({ metadata, spec, status }: CustomResourceDefinition): Claim => {
    const known = claims.get(metadata.name);
    const own = known?.names ?? status?.acceptedNames ?? nothing;
    const group = [...claims.values()].filter((one) => one.group === spec.group);
    const made = {
      group: spec.group,
      ...acceptNames(spec.names, own, [...group.map(({ names }) => names), own]),
    };
    claims.set(metadata.name, made);
    return made;
  };
  const serve = (definition: CustomResourceDefinition) => {
    const { name } = definition.metadata;
    const { names, condition } = claim(definition);
    const isServed = condition.status === "True" || isEstablished(definition);
    const spec = { ...definition.spec, names };
    const known = served.get(name);
    if (known && isServed && deepEqual(known.spec, spec)) return;
    if (known) forget(name);
    if (!isServed) return;
    const { group, versions } = spec;
    const accepted = { ...definition, spec };
    const conversion = versions.length > 1 ? new Conversion(api.backends, accepted) : undefined;
    const all = versions.map((version) => ({
      ...customKind(accepted, version, conversion),
      isEnding: () => ending.has(name),
    }));
    const kinds = all.filter((kind) => versions.find((version) => version.name === kind.version)!.served);
    for (const kind of kinds) registry.addKind(kind, all);
    const stop = registry.store.collection(collectionId(group, names.plural)).subscribe((event) => {
      if (event.type === "DELETED") settle(name);
    });
    served.set(name, { spec, kinds, stop });
    announce();
  };
  const forget = (name: string) => {
    const known = served.get(name);
    if (!known) return;
    known.stop();
    for (const kind of known.kinds) registry.removeKind(kind);
    served.delete(name);
    announce();
  };
  const read = (name: string) =>
    resource.collection.get(undefined, name)?.object as unknown as CustomResourceDefinition | undefined;
  const settle = (name: string) => {
    const definition = read(name);
    if (!definition) return;
    reconcileDefinition(api, definition, claims.get(name)!).catch((failure: unknown) => {
      api.logger.error({ err: failure, name }, "custom resource definition could not be reconciled");
    });
  };
  /** Names that one definition gave up may be what others of the group wait for. */
  const offer = (group: string, except: string) => {
    for (const [name, { group: theirs, condition }] of claims) {
      if (name === except || theirs !== group || condition.status === "True") continue;
      const definition = read(name);
      if (!definition) continue;
      serve(definition);
      settle(name);
    }
  };

  const stored = () =>
    resource.collection.list().map(({ object }) => object as unknown as CustomResourceDefinition);
  // Who had a name before keeps it.
  for (const { metadata, spec, status } of stored())
    claims.set(metadata.name, {
      group: spec.group,
      names: status?.acceptedNames ?? nothing,
      condition: { type: "NamesAccepted", status: "Unknown", reason: "", message: "" },
    });
  for (const definition of stored())
    try {
      if (definition.metadata.deletionTimestamp) ending.add(definition.metadata.name);
      serve(definition);
    } catch (failure) {
      // One definition that cannot be served must not keep the cluster from coming up.
      api.logger.error({ err: failure, name: definition.metadata.name }, "custom resources cannot be served");
    }
  for (const { metadata } of stored()) settle(metadata.name);
  const stop = resource.collection.subscribe(({ type, entry }) => {
    const definition = entry.object as unknown as CustomResourceDefinition;
    const { name, deletionTimestamp } = definition.metadata;
    const before = claims.get(name)?.names;
    if (type === "DELETED") {
      forget(name);
      ending.delete(name);
      claims.delete(name);
      return offer(definition.spec.group, name);
    }
    if (deletionTimestamp) ending.add(name);
    serve(definition);
    settle(name);
    if (before && !deepEqual(before, claims.get(name)?.names)) offer(definition.spec.group, name);
  });
  return () => {
    stop();
    for (const { stop } of served.values()) stop();
  };
}

const isEstablished = ({ status }: CustomResourceDefinition) =>
  status?.conditions?.some((one) => one.type === "Established" && one.status === "True") ?? false;
