import type { ServerResponse } from "node:http";
import { badRequest } from "@/lib/cluster/client/status";
import type { Api, Target } from "../api";
import { prepareServed, served, type RequestContext } from "../registry/registry";
import type { Entry } from "../store/collection";
import type { Representation } from "./negotiate";
import { sendJson, setWarnings } from "./respond";
import { columnsJson, partialJson, rowJson, tableJson } from "./table";

/** One object in the shape that the client asked for. */
export async function sendEntry(
  api: Api,
  response: ServerResponse,
  { resource }: Target,
  entry: Entry,
  shape: Representation,
  code: number,
  context: RequestContext,
): Promise<void> {
  await prepareServed(resource, [entry]);
  setWarnings(response, context.warnings);
  const { kind } = resource;
  if (shape.as === "Table") {
    const options = { includeObject: "Metadata" as const, nowMs: api.registry.clock.now() };
    const rows = [rowJson(kind, served(resource, entry), options, entry.metadataJson)];
    const metadata = { resourceVersion: entry.object.metadata.resourceVersion };
    return sendJson(response, code, tableJson(metadata, columnsJson(kind), rows), shape.encoding);
  }
  if (shape.as !== "object") return sendJson(response, code, partialJson(entry.metadataJson), shape.encoding);
  sendJson(
    response,
    code,
    kind.storage || kind.conversion ? JSON.stringify(served(resource, entry)) : entry.json,
    shape.encoding,
  );
}

export function tableOptions(api: Api, query: URLSearchParams) {
  const asked = query.get("includeObject") || "Metadata";
  if (asked !== "None" && asked !== "Metadata" && asked !== "Object")
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(asked)}`);
  return { includeObject: asked as "None" | "Metadata" | "Object", nowMs: api.registry.clock.now() };
}
