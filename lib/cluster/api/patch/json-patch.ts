import { ApiStatusError, badRequest } from "@/lib/cluster/client/status";
import { clone, deepEqual, isObject, type Json } from "../json";

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

const operationsMax = 10_000;

/** RFC 6902 on a copy of `document`. Throws 400 for a patch that is none, 422 for one that does not apply. */
export function applyJsonPatch(document: Json, patch: unknown): Json {
  if (!Array.isArray(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    );
  if (patch.length > operationsMax)
    throw new ApiStatusError(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`,
    );
  let result = clone(document);
  for (const operation of patch as Operation[]) result = applyOne(result, operation);
  return result;
}

function applyOne(root: Json, { op, path, from, value }: Operation): Json {
  if (typeof path !== "string") throw unprocessable("Unable to get path from operation");
  switch (op) {
    case "add":
      return add(root, path, clone(value ?? null));
    case "remove":
      return remove(root, path, op);
    case "replace":
      if (path === "") return clone(value ?? null);
      lookUp(root, path, op);
      return put(root, path, clone(value ?? null));
    case "move": {
      const moved = lookUp(root, from ?? "", op);
      return add(remove(root, from ?? "", op), path, moved);
    }
    case "copy":
      return add(root, path, clone(lookUp(root, from ?? "", op)));
    case "test": {
      const found = find(root, path);
      if (!deepEqual(found === undefined ? null : found, value ?? null))
        throw unprocessable(`testing value ${path} failed: test failed`);
      return root;
    }
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function tokens(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw unprocessable(`path ${path} does not start with /`);
  return path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function child(node: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(node)) return node[/^\d+$/.test(token) ? Number(token) : -1];
  return isObject(node) && Object.hasOwn(node, token) ? node[token] : undefined;
}

const find = (root: Json, path: string) =>
  tokens(path).reduce<Json | undefined>((node, token) => child(node, token), root);

function lookUp(root: Json, path: string, op: string): Json {
  const found = find(root, path);
  if (found === undefined)
    throw unprocessable(
      op === "remove"
        ? `remove operation does not apply: doc is missing path: "${path}": missing value`
        : `${op} operation does not apply: doc is missing ${op === "replace" ? "key" : "path"}: ${path}: missing value`,
    );
  return found;
}

function parentOf(
  root: Json,
  path: string,
  op: string,
): { parent: Json[] | Record<string, Json>; last: string } {
  const all = tokens(path);
  const last = all.pop()!;
  const parent = all.reduce<Json | undefined>((node, token) => child(node, token), root);
  if (!Array.isArray(parent) && !isObject(parent))
    throw unprocessable(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  return { parent, last };
}

function add(root: Json, path: string, value: Json): Json {
  if (path === "") return value;
  const { parent, last } = parentOf(root, path, "add");
  if (!Array.isArray(parent)) return put(root, path, value);
  const at = last === "-" ? parent.length : /^\d+$/.test(last) ? Number(last) : NaN;
  if (!(at <= parent.length))
    throw unprocessable(
      `add operation does not apply: doc is missing path: "${path}": invalid index referenced`,
    );
  parent.splice(at, 0, value);
  return root;
}

function put(root: Json, path: string, value: Json): Json {
  const { parent, last } = parentOf(root, path, "replace");
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else Object.defineProperty(parent, last, { value, enumerable: true, writable: true, configurable: true });
  return root;
}

function remove(root: Json, path: string, op: string): Json {
  lookUp(root, path, op === "move" ? "move" : "remove");
  const { parent, last } = parentOf(root, path, "remove");
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return root;
}

const unprocessable = (message: string) => new ApiStatusError(422, "Invalid", message);
