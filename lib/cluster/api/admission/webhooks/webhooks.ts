import { ApiStatusError, forbidden, internalError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Webhook } from "@/lib/cluster/resources/types";
import type { Authorizer } from "@/lib/cluster/api/authz/authorizer";
import type { Backends } from "@/lib/cluster/api/backends/backends";
import { compileCel } from "@/lib/cluster/api/cel/program";
import { checkFields } from "@/lib/cluster/api/http/check-fields";
import { deepEqual, isObject, type Json } from "@/lib/cluster/api/json";
import { applyJsonPatch } from "@/lib/cluster/api/patch/json-patch";
import { storedForm } from "@/lib/cluster/api/registry/create";
import { groupResource, type Registry, type Resource } from "@/lib/cluster/api/registry/registry";
import { matchRules, matchSelectors } from "../match";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin";
import { celVariables, prepareViews, viewAs } from "../request-view";
import { callWebhook, CallFailure } from "./review";

const group = "admissionregistration.k8s.io";

interface Hook {
  webhook: Webhook;
  /** Tells the webhooks of all configurations apart. */
  id: string;
}

/** Configurations by name, the webhooks of each in their order. */
function hooksOf(registry: Registry, plural: string): Hook[] {
  return registry.readAll(group, plural).flatMap((configuration) =>
    ((configuration.webhooks as Webhook[] | undefined) ?? []).map((webhook) => ({
      webhook,
      id: `${configuration.metadata.name}/${webhook.name}`,
    })),
  );
}

/** The resource as which the webhook wants to see the request; undefined when it does not. */
function matched(
  { webhook }: Hook,
  attributes: AdmissionAttributes,
  registry: Registry,
): Resource | undefined {
  if (!matchSelectors(webhook, attributes, registry)) return undefined;
  return matchRules(webhook.rules ?? [], webhook, attributes, registry);
}

/** Whether the webhook's own conditions let the request through to it. */
function conditionsHold(
  { webhook }: Hook,
  resource: Resource,
  attributes: AdmissionAttributes,
  registry: Registry,
  authorizer: Authorizer,
): boolean {
  if (!webhook.matchConditions?.length) return true;
  const variables = celVariables(resource, attributes, registry, authorizer);
  const failures: string[] = [];
  for (const { expression } of webhook.matchConditions) {
    try {
      if (compileCel(expression).run(variables) !== true) return false;
    } catch (failure) {
      failures.push(`expression '${expression}' resulted in error: ${(failure as Error).message}`);
    }
  }
  if (failures.length === 0) return true;
  if (webhook.failurePolicy === "Ignore") return false;
  const why = failures.length === 1 ? failures[0]! : `[${failures.join(", ")}]`;
  throw forbidden(groupResource(attributes.resource), attributes.name, why);
}

/** What no webhook may stand in the way of: its own configuration, and what the API server itself writes. */
const isExempt = ({ resource, context }: AdmissionAttributes) =>
  context.isInternal === true || resource.kind.group === group;

function failedCall({ webhook }: Hook, failure: unknown): ApiStatusError | undefined {
  if (!(failure instanceof CallFailure)) return ApiStatusError.from(failure);
  if (webhook.failurePolicy === "Ignore") return undefined;
  return internalError(`failed calling webhook "${webhook.name}": ${failure.message}`);
}

/** MutatingAdmissionWebhook: one after the other, each sees what those before it changed. */
export function mutatingWebhooks(backends: Backends, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "MutatingAdmissionWebhook",
    handlesConnect: true,
    admit(attributes, registry) {
      if (isExempt(attributes)) return;
      const hooks = hooksOf(registry, "mutatingwebhookconfigurations");
      if (hooks.length === 0) return;
      return mutate(backends, authorizer, hooks, attributes, registry);
    },
  };
}

async function mutate(
  backends: Backends,
  authorizer: Authorizer,
  hooks: Hook[],
  attributes: AdmissionAttributes,
  registry: Registry,
): Promise<void> {
  const state = (attributes.reinvocation ??= {
    wanted: false,
    again: false,
    eligible: new Set(),
    due: new Set(),
  });
  const requireAgain = () => {
    for (const id of state.eligible) state.due.add(id);
    state.eligible.clear();
  };
  if (state.again && state.output !== undefined && !deepEqual(state.output, attributes.object))
    requireAgain();
  for (const hook of hooks) {
    const resource = matched(hook, attributes, registry);
    if (!resource) continue;
    await prepareViews([resource], attributes, registry);
    if (!conditionsHold(hook, resource, attributes, registry, authorizer)) continue;
    if (state.again && !state.due.has(hook.id)) continue;
    let changed = false;
    try {
      const patch = await callWebhook(backends, hook.webhook, resource, attributes, true);
      changed = patch !== undefined && (await applyPatch(hook, resource, attributes, registry, patch));
    } catch (failure) {
      const error = failedCall(hook, failure);
      if (error) throw error;
    }
    if (changed) {
      requireAgain();
      state.wanted = true;
    }
    if (hook.webhook.reinvocationPolicy === "IfNeeded") state.eligible.add(hook.id);
  }
  state.output = structuredClone(attributes.object);
}

/** Changes `attributes.object` in place; whether anything changed. */
async function applyPatch(
  { webhook }: Hook,
  resource: Resource,
  attributes: AdmissionAttributes,
  registry: Registry,
  patch: unknown,
): Promise<boolean> {
  const { object, context } = attributes;
  if (Array.isArray(patch) && patch.length === 0) return false;
  if (!object)
    throw internalError(
      `admission webhook "${webhook.name}" attempted to modify the object, which is not supported for this operation`,
    );
  const before = viewAs(resource, attributes).object as unknown as Json;
  let patched: Json;
  try {
    patched = applyJsonPatch(before, patch);
  } catch (failure) {
    throw internalError((failure as Error).message);
  }
  if (!isObject(patched) || !isObject(patched.metadata))
    throw internalError(`admission webhook "${webhook.name}" left no object`);
  let next = patched as unknown as KubeObject;
  if (!attributes.kind) {
    checkFields(resource, next, { ...context, fieldValidation: "Ignore", warnings: [] });
    next = await storedForm(resource, next, registry, context);
  }
  if (deepEqual(next, object)) return false;
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, next);
  return true;
}

/** ValidatingAdmissionWebhook: all at once; the first of them that refuses, by their order, is heard. */
export function validatingWebhooks(backends: Backends, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "ValidatingAdmissionWebhook",
    handlesConnect: true,
    validate(attributes, registry) {
      if (isExempt(attributes)) return;
      const matches = hooksOf(registry, "validatingwebhookconfigurations").flatMap((hook) => {
        const resource = matched(hook, attributes, registry);
        return resource ? [{ hook, resource }] : [];
      });
      const call = () => {
        const calls = matches.filter(({ hook, resource }) =>
          conditionsHold(hook, resource, attributes, registry, authorizer),
        );
        return calls.length > 0 ? validate(backends, calls, attributes) : undefined;
      };
      const views = prepareViews(
        matches.map(({ resource }) => resource),
        attributes,
        registry,
      );
      return views ? views.then(call) : call();
    },
  };
}

async function validate(
  backends: Backends,
  calls: { hook: Hook; resource: Resource }[],
  attributes: AdmissionAttributes,
): Promise<void> {
  const results = await Promise.allSettled(
    calls.map(({ hook, resource }) => callWebhook(backends, hook.webhook, resource, attributes, false)),
  );
  for (const [at, result] of results.entries()) {
    const error = result.status === "rejected" ? failedCall(calls[at]!.hook, result.reason) : undefined;
    if (error) throw error;
  }
}
