import type { IncomingMessage, ServerResponse } from "node:http";
import type { PatchType } from "@/lib/cluster/client/client";
import {
  ApiStatusError,
  badRequest,
  fieldInvalid,
  invalid,
  unsupportedMediaType,
} from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import type { DeleteOptions } from "../registry/delete";
import type { ListRequest } from "../registry/list";
import type { RequestContext } from "../registry/registry";
import { bodyKinds } from "../subresources/create";
import { scaleKind } from "../subresources/scale";
import type { UserInfo } from "../types";
import { decodeObject, parseText, readBody } from "./body";
import { checkFields, checkFieldsOf } from "./check-fields";
import { parseMediaTypes } from "./negotiate";
import type { RequestInfo } from "./request-info";

export type ResourceInfo = Extract<RequestInfo, { isResource: true }>;

/** One request for a resource, with what was found out about it. */
export interface Call {
  api: Api;
  request: IncomingMessage;
  response: ServerResponse;
  info: ResourceInfo;
  target: Target;
  context: RequestContext;
}

/** What the query and headers say of how the request wants to be treated. Throws 400. */
export function contextOf(
  request: IncomingMessage,
  { query }: ResourceInfo,
  user: UserInfo,
  verb: string,
): RequestContext {
  const dryRuns = query.getAll("dryRun");
  if (dryRuns.some((one) => one !== "All"))
    throw badRequest(`dryRun: Unsupported value: ["${dryRuns.join('","')}"]: supported values: "All"`);
  const validation = query.get("fieldValidation") || "Warn";
  if (validation !== "Strict" && validation !== "Warn" && validation !== "Ignore")
    throw badRequest(
      `fieldValidation: Unsupported value: "${validation}": supported values: "Ignore", "Strict", "Warn"`,
    );
  const agent = (request.headers["user-agent"] ?? "unknown").split("/")[0]!.slice(0, 128);
  const isApply =
    verb === "patch" && (request.headers["content-type"] ?? "").startsWith("application/apply-patch");
  return {
    user,
    dryRun: dryRuns.length > 0,
    fieldValidation: validation,
    fieldManager: query.get("fieldManager") || (isApply ? "" : agent || "unknown"),
    warnings: [],
  };
}

export function listRequest({ info: { query }, target }: Call): ListRequest {
  const limit = query.get("limit");
  if (limit && !/^\d{1,9}$/.test(limit))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
  const nameSelector = target.name ? `metadata.name=${target.name}` : "";
  return {
    namespace: target.namespace,
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: [nameSelector, query.get("fieldSelector") ?? ""].filter(Boolean).join(","),
    limit: limit ? Number(limit) : 0,
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  };
}

/** The object of the body, its fields checked. */
export async function decode({ api, request, target, context }: Call, kindName: string): Promise<KubeObject> {
  const body = await readBody(request, api.limits.bodyBytesMax);
  const isStrict = context.fieldValidation !== "Ignore";
  const object = decodeObject(
    body,
    request.headers["content-type"],
    kindName,
    isStrict ? (errors) => (context.repeated = errors) : undefined,
  ) as unknown as KubeObject;
  const own = target.subresource === "scale" ? scaleKind : bodyKinds[target.subresource];
  return own ? checkFieldsOf(own, object, context) : checkFields(target.resource, object, context);
}

const patchTypes: PatchType[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

export async function readPatch({
  api,
  request,
  context,
}: Call): Promise<{ type: PatchType; value: unknown }> {
  const named = parseMediaTypes(request.headers["content-type"])[0]?.type ?? "";
  const type = patchTypes.find((one) => one === named);
  if (!type) throw unsupportedMediaType(patchTypes);
  const body = await readBody(request, api.limits.bodyBytesMax);
  const text = body.toString("utf8");
  const isApply = type === "application/apply-patch+yaml";
  const isStrict = context.fieldValidation !== "Ignore" && type !== "application/json-patch+json";
  let parsed;
  try {
    parsed = parseText(text, isApply, isStrict);
  } catch (failure) {
    throw badRequest(`error decoding patch: ${(failure as Error).message}`);
  }
  const { value, repeated } = parsed;
  if (isApply && repeated.length > 0) throw badRequest(`error decoding YAML: ${repeated[0]}`);
  if (repeated.length > 0 && context.fieldValidation === "Strict")
    throw invalid({ group: "", kind: "" }, "", [
      fieldInvalid("patch", text.slice(0, 2048), `strict decoding error: ${repeated.join(", ")}`),
    ]);
  if (isStrict) context.warnings.push(...repeated);
  return { type, value };
}

/** Of the body and, winning, of the query. */
export async function deleteOptions({ api, request, info: { query } }: Call): Promise<DeleteOptions> {
  const body = await readBody(request, api.limits.bodyBytesMax);
  const given =
    body.length > 0
      ? (decodeObject(body, request.headers["content-type"], "DeleteOptions") as DeleteOptions & {
          dryRun?: string[];
        })
      : {};
  const grace = query.get("gracePeriodSeconds");
  const policy = query.get("propagationPolicy");
  const options: DeleteOptions & { dryRun?: string[] } = {
    ...given,
    ...(grace ? { gracePeriodSeconds: Number(grace) } : {}),
    ...(policy ? { propagationPolicy: policy as DeleteOptions["propagationPolicy"] } : {}),
  };
  const named = options.propagationPolicy;
  if (named && !["Foreground", "Background", "Orphan"].includes(named))
    throw new ApiStatusError(
      422,
      "Invalid",
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "${named}": supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  if (
    options.gracePeriodSeconds !== undefined &&
    options.gracePeriodSeconds < 0 &&
    options.gracePeriodSeconds !== -1
  )
    delete options.gracePeriodSeconds;
  return options;
}
