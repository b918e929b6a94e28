import { randomUUID } from "node:crypto";
import { ApiStatusError, badRequest } from "@/lib/cluster/client/status";
import type { Webhook } from "@/lib/cluster/resources/types";
import type { Backends } from "@/lib/cluster/api/backends/backends";
import { BackendError } from "@/lib/core/backend-error";
import { isObject } from "@/lib/cluster/api/json";
import type { Resource } from "@/lib/cluster/api/registry/registry";
import type { AdmissionAttributes } from "../plugin";
import { requestFacts, viewAs } from "../request-view";

/** A webhook that could not be called, or whose answer is none: what failurePolicy is about. */
export class CallFailure extends Error {}

interface Answer {
  allowed: boolean;
  status?: { code?: number; message?: string; reason?: string; details?: object };
  patch?: string;
  warnings?: string[];
}

/**
 * Asks one webhook. Gives the JSON patch that it wants, or undefined. Throws an ApiStatusError when it denies, and
 * CallFailure when it cannot be asked (apiserver 1.34 pkg/admission/plugin/webhook/{request,errors}).
 */
export async function callWebhook(
  backends: Backends,
  webhook: Webhook,
  resource: Resource,
  attributes: AdmissionAttributes,
  isMutating: boolean,
): Promise<unknown> {
  const { context } = attributes;
  const { name } = webhook;
  if (context.dryRun && !["None", "NoneOnDryRun"].includes(webhook.sideEffects))
    throw badRequest(`admission webhook "${name}" does not support dry run`);
  const version = webhook.admissionReviewVersions.find((one) => one === "v1" || one === "v1beta1");
  if (!version)
    throw new CallFailure(
      "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)",
    );
  const uid = randomUUID();
  const apiVersion = `admission.k8s.io/${version}`;
  const review = {
    kind: "AdmissionReview",
    apiVersion,
    request: { uid, ...requestFacts(resource, attributes), ...viewAs(resource, attributes) },
  };
  let answered: unknown;
  try {
    answered = await backends.post(webhook.clientConfig, review, (webhook.timeoutSeconds ?? 10) * 1000);
  } catch (failure) {
    if (failure instanceof BackendError) throw new CallFailure(`failed to call webhook: ${failure.message}`);
    throw failure;
  }
  let answer: Answer;
  try {
    answer = verified(answered, apiVersion, uid, isMutating);
  } catch (failure) {
    throw new CallFailure(`received invalid webhook response: ${(failure as Error).message}`);
  }
  for (const warning of answer.warnings ?? []) context.warnings.push(String(warning));
  if (!answer.allowed) throw denied(name, answer.status);
  if (!answer.patch) return undefined;
  try {
    return JSON.parse(Buffer.from(answer.patch, "base64").toString("utf8"));
  } catch (failure) {
    throw new CallFailure(`received undecodable patch in webhook response: ${(failure as Error).message}`);
  }
}

function verified(review: unknown, apiVersion: string, uid: string, isMutating: boolean): Answer {
  if (!isObject(review) || !isObject(review.response)) throw new Error("webhook response was absent");
  const { response } = review;
  if (apiVersion.endsWith("v1")) {
    if (response.uid !== uid)
      throw new Error(`expected response.uid="${uid}", got ${JSON.stringify(response.uid ?? "")}`);
    if (review.apiVersion !== apiVersion || review.kind !== "AdmissionReview") {
      const text = (version: unknown, kind: unknown) =>
        `${String(version ?? "")}, Kind=${String(kind ?? "")}`;
      throw new Error(
        `expected webhook response of ${text(apiVersion, "AdmissionReview")}, got ${text(review.apiVersion, review.kind)}`,
      );
    }
    if (isMutating) checkPatch(Boolean(response.patch), response.patchType);
    else if (response.patch) throw new Error("validating webhook may not return response.patch");
    else if (response.patchType !== undefined && response.patchType !== null)
      throw new Error("validating webhook may not return response.patchType");
  }
  if (response.patch !== undefined && response.patch !== null && typeof response.patch !== "string")
    throw new Error("response.patch is not base64");
  return {
    allowed: response.allowed === true,
    ...(isObject(response.status) ? { status: response.status } : {}),
    ...(isMutating && response.patch ? { patch: response.patch } : {}),
    ...(Array.isArray(response.warnings) ? { warnings: response.warnings as string[] } : {}),
  };
}

function checkPatch(hasPatch: boolean, type: unknown): void {
  const hasType = type !== undefined && type !== null;
  if (hasPatch && !hasType) throw new Error("webhook returned response.patch but not response.patchType");
  if (!hasPatch && hasType) throw new Error("webhook returned response.patchType but not response.patch");
  if (hasType && type !== "JSONPatch") throw new Error(`unsupported patch type ${JSON.stringify(type)}`);
}

function denied(webhook: string, status: Answer["status"] = {}): ApiStatusError {
  const by = `admission webhook "${webhook}" denied the request`;
  const { message, reason, details } = status;
  const code =
    typeof status.code === "number" && status.code >= 400 && status.code <= 599 ? status.code : 400;
  const text = message ? `${by}: ${message}` : reason ? `${by}: ${reason}` : `${by} without explanation`;
  return new ApiStatusError(code, reason ?? "", text, details);
}
