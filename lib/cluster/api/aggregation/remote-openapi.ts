import type { SwaggerPart } from "@/lib/cluster/resources/schema";
import { isObject, type Json, type JsonObject } from "../json";
import { rootOf } from "./remote-service";

/** What an aggregated server says of the types of its group version. */
export interface RemoteOpenApi {
  /** Of its OpenAPI v3 document, which is asked for when somebody wants it; undefined when it has none. */
  hash: string | undefined;
  /** What it brings to /openapi/v2. */
  swagger: SwaggerPart | undefined;
}

/**
 * Reads a server's documents; one that has none is one without. Follows kube-aggregator 1.34 pkg/controllers/{openapi,
 * openapiv3}: of another server's document only what lies under the APIService's own path counts.
 */
export async function readOpenApi(
  get: (path: string) => Promise<string>,
  service: { group: string; version: string },
): Promise<RemoteOpenApi> {
  const read = async (path: string): Promise<JsonObject> => {
    try {
      const document = JSON.parse(await get(path)) as Json;
      return isObject(document) ? document : {};
    } catch {
      return {};
    }
  };
  const root = rootOf(service);
  const { paths } = await read("/openapi/v3");
  const listed = isObject(paths) ? paths[root.slice(1)] : undefined;
  const url = isObject(listed) ? String(listed.serverRelativeURL ?? "") : undefined;
  const hash = url === undefined ? undefined : (/[?&]hash=([^&]*)/.exec(url)?.[1] ?? "");
  return { hash, swagger: partBelow(await read("/openapi/v2"), `${root}/`) };
}

/** The paths below a root with the definitions that they need. */
function partBelow({ paths, definitions }: JsonObject, root: string): SwaggerPart | undefined {
  if (!isObject(paths) || !isObject(definitions)) return undefined;
  const own = Object.entries(paths).filter(([path]) => path === root || path.startsWith(root));
  if (own.length === 0) return undefined;
  const kept: Record<string, object> = {};
  const follow = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(follow);
    if (!isObject(value)) return;
    const name = typeof value.$ref === "string" ? value.$ref.replace("#/definitions/", "") : "";
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (isObject(definition) && !Object.hasOwn(kept, name)) {
      kept[name] = definition;
      follow(definition);
    }
    Object.values(value).forEach(follow);
  };
  for (const [, item] of own) follow(item);
  return { paths: Object.fromEntries(own), definitions: kept } as SwaggerPart;
}
