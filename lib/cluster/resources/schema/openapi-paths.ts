import type { Kind } from "../kind";
import { schemaName } from "./schema-of";
import { refPrefix, type GroupVersionKind } from "./schema";

type Json = Record<string, unknown>;

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const schemaRef = (name: string) => ({ schema: { $ref: refPrefix + name } });
const string = { type: "string", uniqueItems: true };
const boolean = { type: "boolean", uniqueItems: true };
const integer = { type: "integer", uniqueItems: true };
const query = (name: string, schema: object, description: string): Json => ({
  name,
  in: "query",
  description,
  schema,
});

const parameters = {
  dryRun: query("dryRun", string, "When present, nothing is persisted. The only valid value is All."),
  fieldManager: query(
    "fieldManager",
    string,
    "The name of the actor that makes the change; at most 128 characters.",
  ),
  fieldValidation: query(
    "fieldValidation",
    string,
    "What happens to unknown and duplicate fields: Ignore drops them, Warn (the default) also warns, Strict fails the request.",
  ),
  force: query("force", boolean, "Take over fields that other managers own; apply patches only."),
  gracePeriodSeconds: query(
    "gracePeriodSeconds",
    integer,
    "Seconds before the object is deleted; 0 means at once.",
  ),
  orphanDependents: query("orphanDependents", boolean, "Deprecated: use propagationPolicy."),
  propagationPolicy: query("propagationPolicy", string, "Orphan, Background or Foreground."),
  allowWatchBookmarks: query("allowWatchBookmarks", boolean, "Ask for BOOKMARK events in a watch."),
  continue: query("continue", string, "The token of a former page of the list."),
  fieldSelector: query("fieldSelector", string, "Restrict the list by fields; everything by default."),
  labelSelector: query("labelSelector", string, "Restrict the list by labels; everything by default."),
  limit: query("limit", integer, "How many items a page holds at most."),
  resourceVersion: query("resourceVersion", string, "Which versions the answer may come from."),
  resourceVersionMatch: query("resourceVersionMatch", string, "How resourceVersion binds a list."),
  sendInitialEvents: query("sendInitialEvents", boolean, "Begin a watch with the present state."),
  timeoutSeconds: query("timeoutSeconds", integer, "How long a list or watch may take."),
  watch: query("watch", boolean, "Watch for changes instead of listing."),
};

const listing = [
  parameters.allowWatchBookmarks,
  parameters.continue,
  parameters.fieldSelector,
  parameters.labelSelector,
  parameters.limit,
  parameters.resourceVersion,
  parameters.resourceVersionMatch,
  parameters.sendInitialEvents,
  parameters.timeoutSeconds,
  parameters.watch,
];
const writing = [parameters.dryRun, parameters.fieldManager, parameters.fieldValidation];
const deleting = [
  parameters.dryRun,
  parameters.gracePeriodSeconds,
  parameters.orphanDependents,
  parameters.propagationPolicy,
];
const pretty = query("pretty", string, "If 'true', then the output is pretty printed.");
const inPath = (name: string, description: string): Json => ({
  name,
  in: "path",
  required: true,
  description,
  schema: string,
});
const namespaceParameter = inPath("namespace", "object name and auth scope, such as for teams and projects");

const responseTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

function answer(name: string | undefined, description = "OK"): Json {
  if (!name) return { description };
  return { description, content: Object.fromEntries(responseTypes.map((type) => [type, schemaRef(name)])) };
}

interface OperationFacts {
  action: string;
  kind: Kind;
  id: string;
  description: string;
  given?: Json[];
  body?: string;
  bodyTypes?: string[];
  result?: string;
  created?: boolean;
  /** Of subresources whose body is of another kind. */
  gvk?: GroupVersionKind;
}

const methods: Record<string, [method: string, id: string]> = {
  get: ["get", "read"],
  create: ["post", "create"],
  update: ["put", "replace"],
  patch: ["patch", "patch"],
  delete: ["delete", "delete"],
};

function operation(facts: OperationFacts): Json {
  const { action, kind, id, description, given, body, bodyTypes, result, created } = facts;
  const { group, version } = facts.gvk ?? kind;

  return {
    description,
    operationId: id,
    tags: [groupVersionTag(kind)],
    ...(given ? { parameters: given } : {}),
    ...(body
      ? {
          requestBody: {
            content: Object.fromEntries((bodyTypes ?? ["*/*"]).map((type) => [type, schemaRef(body)])),
            ...(action === "delete" || action === "deletecollection" ? {} : { required: true }),
          },
        }
      : {}),
    responses: {
      "200": answer(result),
      ...(created ? { "201": answer(result, "Created") } : {}),
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, kind: (facts.gvk ?? kind).kind, version },
  };
}

/** "rbacAuthorization" of rbac.authorization.k8s.io. */
export const groupWord = (group: string) =>
  group === ""
    ? "core"
    : group.replace(/\.k8s\.io$/, "").replace(/\.(\w)/g, (_all, letter: string) => letter.toUpperCase());
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
export const groupVersionTag = ({ group, version }: Kind) => `${groupWord(group)}_${version}`;

/** The paths of a kind: what `kubectl explain` finds kinds by and `kubectl apply` reads fieldValidation support from. */
export function pathsOf(kind: Kind): Record<string, Json> {
  const { group, version, plural, namespaced } = kind;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scoped = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const scope = namespaced ? [namespaceParameter, pretty] : [pretty];
  const word = capital(groupWord(group)) + capital(version) + (namespaced ? "Namespaced" : "");
  const name = schemaName({ group, version, kind: kind.kind });
  const list = schemaName({ group, version, kind: `${kind.kind}List` });
  const verbs = new Set(kind.verbs);
  const object = (action: string, id: string, description: string, more: Partial<OperationFacts> = {}) =>
    operation({ action, kind, id: `${id}${kind.kind}`, description, result: name, ...more });
  const collection: Json = {};
  if (verbs.has("list")) {
    const description = `list or watch objects of kind ${kind.kind}`;
    collection.get = object("list", `list${word}`, description, { given: listing, result: list });
  }
  if (verbs.has("create")) {
    const more = { given: writing, body: name, created: true };
    collection.post = object("post", `create${word}`, `create a ${kind.kind}`, more);
  }
  if (verbs.has("deletecollection")) {
    collection.delete = object(
      "deletecollection",
      `delete${capital(groupWord(group))}${capital(version)}Collection${namespaced ? "Namespaced" : ""}`,
      `delete collection of ${kind.kind}`,
      { given: [...listing, ...deleting], body: `${meta}.DeleteOptions`, result: `${meta}.Status` },
    );
  }
  const paths: Record<string, Json> = { [scoped]: { ...collection, parameters: scope } };
  if (namespaced && verbs.has("list")) {
    const across = object(
      "list",
      `list${capital(groupWord(group))}${capital(version)}`,
      `list or watch objects of kind ${kind.kind}`,
      {
        given: listing,
        result: list,
      },
    );
    paths[`${base}/${plural}`] = {
      get: { ...across, operationId: `${String(across.operationId)}ForAllNamespaces` },
      parameters: [pretty],
    };
  }
  const named = [inPath("name", `name of the ${kind.kind}`), ...scope];
  const change = { given: writing, body: name, created: true };
  const patch = {
    given: [...writing, parameters.force],
    body: `${meta}.Patch`,
    bodyTypes: patchTypes,
    created: true,
  };
  if (verbs.has("get")) {
    const item: Json = { get: object("get", `read${word}`, `read the specified ${kind.kind}`) };
    if (verbs.has("update"))
      item.put = object("put", `replace${word}`, `replace the specified ${kind.kind}`, change);
    if (verbs.has("delete")) {
      const more = { given: deleting, body: `${meta}.DeleteOptions`, result: `${meta}.Status` };
      item.delete = object("delete", `delete${word}`, `delete a ${kind.kind}`, more);
    }
    if (verbs.has("patch")) {
      item.patch = object("patch", `patch${word}`, `partially update the specified ${kind.kind}`, patch);
    }
    paths[`${scoped}/{name}`] = { ...item, parameters: named };
  }
  const suffixed = (made: Json, suffix: string): Json => ({
    ...made,
    operationId: `${String(made.operationId)}${suffix}`,
  });
  const readAndWrite = (suffix: string, described: string, more: Partial<OperationFacts> = {}): Json => {
    const changed = { ...change, ...more, ...(more.result ? { body: more.result } : {}) };
    return {
      get: suffixed(object("get", `read${word}`, `read ${described}`, more), suffix),
      put: suffixed(object("put", `replace${word}`, `replace ${described}`, changed), suffix),
      patch: suffixed(
        object("patch", `patch${word}`, `partially update ${described}`, { ...more, ...patch }),
        suffix,
      ),
    };
  };
  if (kind.subresources?.status) {
    const status = readAndWrite("Status", `status of the specified ${kind.kind}`);
    paths[`${scoped}/{name}/status`] = { ...status, parameters: named };
  }
  if (kind.subresources?.scale) {
    const scale = readAndWrite("Scale", `scale of the specified ${kind.kind}`, {
      result: "io.k8s.api.autoscaling.v1.Scale",
      gvk: { group: "autoscaling", version: "v1", kind: "Scale" },
    });
    paths[`${scoped}/{name}/scale`] = { ...scale, parameters: named };
  }
  for (const sub of kind.otherSubresources ?? []) {
    const gvk = { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind };
    const more = { gvk, result: schemaName(gvk) };
    const connects = sub.kind.endsWith("Options");
    const suffix = capital(sub.name);
    const item: Json = {};
    for (const verb of sub.verbs) {
      const [method, id] = methods[verb] ?? [];
      if (!method || !id) continue;
      const action = connects ? "connect" : method;
      const facts =
        connects || method === "get"
          ? more
          : method === "patch"
            ? { ...more, ...patch }
            : { ...more, ...change, body: more.result };
      const text = `${verb} ${sub.name} of the specified ${kind.kind}`;
      item[method] = suffixed(
        object(action, `${connects ? `connect${capital(method)}` : id}${word}`, text, facts),
        suffix,
      );
    }
    const reached = connects
      ? [`${scoped}/{name}/${sub.name}`, `${scoped}/{name}/${sub.name}/{path}`]
      : [`${scoped}/{name}/${sub.name}`];
    for (const path of sub.name === "proxy" ? reached : reached.slice(0, 1)) {
      paths[path] = {
        ...item,
        parameters: path.endsWith("{path}") ? [...named, inPath("path", "path to the resource")] : named,
      };
    }
  }
  return paths;
}
