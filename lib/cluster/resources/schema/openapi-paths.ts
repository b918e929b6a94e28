import type { Kind, Subresource } from "../kind";
import { returnsDeletedObject } from "../returns-deleted";
import {
  groupVersionTag,
  groupVersionWord,
  operation,
  pathItem,
  type OperationFacts,
} from "./openapi-operation";
import {
  deleting,
  inPath,
  listing,
  options,
  parameters,
  selecting,
  writing,
  type Json,
} from "./openapi-parameters";
import type { GroupVersionKind } from "./schema";
import { schemaName } from "./schema-of";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const namespaceParameter = inPath("namespace", "object name and auth scope, such as for teams and projects");
const { pretty } = parameters;
const changed = ["200", "201"];
const made = ["200", "201", "202"];
const ended = ["200", "202"];
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export const basePath = ({ group, version }: Pick<Kind, "group" | "version">) =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** What the operations of one kind have in common. */
interface Naming {
  kind: Kind;
  /** "CoreV1", and "Namespaced" where the kind is. */
  word: string;
  scope: "Namespaced" | "";
  types: { object?: string; list?: string };
}

/**
 * The paths of a kind, each operation named, answered and marked as upstream's (kubernetes 1.34, apiserver
 * pkg/endpoints/installer.go): what `kubectl explain` finds kinds by and `kubectl apply` reads fieldValidation support from.
 */
export function pathsOf(kind: Kind): Record<string, Json> {
  const { group, version, plural, namespaced, verbs } = kind;
  const naming: Naming = {
    kind,
    word: groupVersionWord(kind),
    scope: namespaced ? "Namespaced" : "",
    types: {
      object: schemaName({ group, version, kind: kind.kind }),
      list: schemaName({ group, version, kind: `${kind.kind}List` }),
    },
  };
  const base = basePath(kind);
  const scoped = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const named = [inPath("name", `name of the ${kind.kind}`), ...(namespaced ? [namespaceParameter] : [])];
  const paths: Record<string, Json> = {
    [scoped]: pathItem(collectionOperations(naming), namespaced ? [namespaceParameter] : []),
  };
  if (namespaced && (!verbs || verbs.includes("list")))
    paths[`${base}/${plural}`] = pathItem({ get: listOperation(naming, "ForAllNamespaces") });
  if (!verbs || verbs.includes("get")) paths[`${scoped}/{name}`] = pathItem(itemOperations(naming), named);
  if (kind.subresources?.status)
    paths[`${scoped}/{name}/status`] = pathItem(storedSubresource(naming, "status"), named);
  if (kind.subresources?.scale)
    paths[`${scoped}/{name}/scale`] = pathItem(
      storedSubresource(naming, "scale", { group: "autoscaling", version: "v1", kind: "Scale" }),
      named,
    );
  for (const sub of kind.otherSubresources ?? []) {
    const path = `${scoped}/{name}/${sub.name}`;
    paths[path] = pathItem(otherOperations(naming, sub), named);
    if (sub.name === "proxy")
      paths[`${path}/{path}`] = pathItem(otherOperations(naming, sub, "WithPath"), [
        ...named,
        inPath("path", "path to the resource"),
      ]);
  }
  return paths;
}

/** The list of a group version's resources. */
export function resourcesPath(kind: Pick<Kind, "group" | "version">): Record<string, Json> {
  const get = operation({
    id: `get${groupVersionWord(kind)}APIResources`,
    tag: groupVersionTag(kind),
    description: "get available resources",
    result: `${meta}.APIResourceList`,
  });
  return { [`${basePath(kind)}/`]: pathItem({ get }) };
}

function of({ kind }: Naming, facts: Omit<OperationFacts, "tag">): Json {
  const { group, version } = kind;
  return operation({ tag: groupVersionTag(kind), gvk: { group, kind: kind.kind, version }, ...facts });
}

function listOperation(naming: Naming, suffix = ""): Json {
  const { kind, word, scope, types } = naming;
  return of(naming, {
    action: "list",
    id: `list${word}${suffix ? "" : scope}${kind.kind}${suffix}`,
    description: `list or watch objects of kind ${kind.kind}`,
    given: [pretty, ...listing],
    result: types.list,
  });
}

function collectionOperations(naming: Naming): Record<string, Json> {
  const { kind, word, scope, types } = naming;
  const has = (verb: string) => !kind.verbs || kind.verbs.includes(verb);
  const operations: Record<string, Json> = {};
  if (has("list")) operations.get = listOperation(naming);
  if (has("create"))
    operations.post = of(naming, {
      action: "post",
      id: `create${word}${scope}${kind.kind}`,
      description: `create a ${kind.kind}`,
      given: [pretty, ...writing],
      body: types.object,
      result: types.object,
      codes: made,
    });
  if (has("deletecollection"))
    operations.delete = of(naming, {
      action: "deletecollection",
      id: `delete${word}Collection${scope}${kind.kind}`,
      description: `delete collection of ${kind.kind}`,
      given: [pretty, ...new Set([...selecting, ...deleting])],
      body: `${meta}.DeleteOptions`,
      result: `${meta}.Status`,
    });
  return operations;
}

function itemOperations(naming: Naming): Record<string, Json> {
  const { kind, word, scope, types } = naming;
  const has = (verb: string) => !kind.verbs || kind.verbs.includes(verb);
  const operations = storedSubresource(naming, "");
  if (!has("update")) delete operations.put;
  if (!has("patch")) delete operations.patch;
  if (has("delete"))
    operations.delete = of(naming, {
      action: "delete",
      id: `delete${word}${scope}${kind.kind}`,
      description: `delete a ${kind.kind}`,
      given: [pretty, ...deleting],
      body: `${meta}.DeleteOptions`,
      result: returnsDeletedObject(kind) ? types.object : `${meta}.Status`,
      codes: ended,
    });
  return operations;
}

/** Reading and changing an object, its status or what else the store keeps of it. */
function storedSubresource(naming: Naming, name: string, gvk?: GroupVersionKind): Record<string, Json> {
  const { kind, word, scope, types } = naming;
  const type = gvk ? schemaName(gvk) : types.object;
  const what = `${name ? `${name} of ` : ""}the specified ${kind.kind}`;
  const facts = (action: string, verb: string, more: Partial<OperationFacts>) =>
    of(naming, {
      action,
      id: `${verb}${word}${scope}${kind.kind}${capital(name)}`,
      description: `${verb} ${what}`,
      result: type,
      ...(gvk ? { gvk } : {}),
      ...more,
    });
  return {
    get: facts("get", "read", { given: [pretty] }),
    put: facts("put", "replace", { given: [pretty, ...writing], body: type, codes: changed }),
    patch: facts("patch", "patch", {
      description: `partially update ${what}`,
      given: [pretty, ...writing, parameters.force],
      body: `${meta}.Patch`,
      codes: changed,
    }),
  };
}

/** A proxy takes every method, other connections are opened by GET or POST. */
const proxyMethods = ["delete", "get", "head", "options", "patch", "post", "put"];
const methodOf: Record<string, string> = { get: "get", create: "post", update: "put", patch: "patch" };

function otherOperations(naming: Naming, sub: Subresource, suffix = ""): Record<string, Json> {
  const { kind, word, scope } = naming;
  const { name } = sub;
  const gvk = { group: sub.group ?? kind.group, version: sub.version ?? kind.version, kind: sub.kind };
  if (sub.kind.endsWith("Options")) {
    const methods = name === "proxy" ? proxyMethods : ["get", "post"];
    const connect = (method: string) =>
      of(naming, {
        action: "connect",
        id: `connect${word}${capital(method)}${scope}${kind.kind}${capital(name)}${suffix}`,
        description: `connect ${method.toUpperCase()} requests to ${name} of ${kind.kind}`,
        gvk,
        given: options[sub.kind],
      });
    return Object.fromEntries(methods.map((method) => [method, connect(method)]));
  }
  if (name === "log") {
    const id = `read${word}${scope}${kind.kind}Log`;
    const given = [pretty, ...options.log!];
    return {
      get: of(naming, { action: "get", id, description: `read log of the specified ${kind.kind}`, given }),
    };
  }
  const all = storedSubresource(naming, name, gvk);
  const type = schemaName(gvk);
  all.post = of(naming, {
    action: "post",
    id: `create${word}${scope}${kind.kind}${capital(name)}`,
    description: `create ${name} of a ${kind.kind}`,
    gvk,
    given: [pretty, ...writing],
    body: type,
    result: type,
    codes: made,
  });
  return Object.fromEntries(
    sub.verbs.flatMap((verb) => {
      const method = methodOf[verb] ?? "";
      return all[method] ? [[method, all[method]]] : [];
    }),
  );
}
