import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@/lib/core/app-error";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { kinds } from "@/lib/cluster/resources";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import type { ClusterClient, ResourceRef } from "./client";
import { isAlreadyExists, isNotFound } from "./status";

/**
 * Creates objects: namespaces before what is in them, definitions before what is of them; those that are there stay as they
 * are.
 */
export async function createObjects(client: ClusterClient, objects: KubeObject[]): Promise<void> {
  const defined = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
  const first = objects.filter(({ kind }) => kind === "Namespace");
  const rest = objects.filter((object) => !defined.includes(object) && !first.includes(object));
  await createAll(client, [...first, ...defined], builtInRef);
  await createAll(client, rest, (object) => refOf(object, defined));
}

/** The collection of an object that is built in or of one of `definitions`. Throws AppError `invalid` for any other. */
export function refOf(object: KubeObject, definitions: KubeObject[]): ResourceRef {
  return customRef(object, definitions) ?? builtInRef(object);
}

const servedWithinMs = 10_000;

async function createAll(
  client: ClusterClient,
  objects: KubeObject[],
  refOf: (object: KubeObject) => ResourceRef,
): Promise<void> {
  await Promise.all(
    objects.map(async (object) => {
      const untilMs = performance.now() + servedWithinMs;
      for (;;)
        try {
          return void (await client.create(refOf(object), object));
        } catch (failure) {
          if (isAlreadyExists(failure)) return;
          // A definition takes a moment until what is of it is served.
          const isCustom = refOf !== builtInRef;
          if (!isCustom || !isNotFound(failure) || performance.now() > untilMs) throw failure;
          await sleep(20);
        }
    }),
  );
}

/** Of an object whose definition is one of `defined`. */
function customRef({ apiVersion, kind }: KubeObject, defined: KubeObject[]): ResourceRef | undefined {
  const [group = "", version = ""] = apiVersion.split("/");
  const found = (defined as CustomResourceDefinition[]).find(
    ({ spec }) => spec.group === group && spec.names.kind === kind,
  );
  return found && { group, version, plural: found.spec.names.plural };
}

function builtInRef(object: KubeObject): ResourceRef {
  const [group, version] = object.apiVersion.includes("/")
    ? object.apiVersion.split("/")
    : ["", object.apiVersion];
  const kind = kinds.find(
    (one) => one.group === group && one.version === version && one.kind === object.kind,
  );
  if (!kind) throw new AppError("invalid", `No kind ${object.kind} of ${object.apiVersion} is served.`);
  return { group: kind.group, version: kind.version, plural: kind.plural };
}
