import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { RequestContext, Registry, Resource } from "../registry/registry";

/** admission.Attributes of apiserver. */
export interface AdmissionAttributes {
  operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  resource: Resource;
  subresource: string;
  namespace: string | undefined;
  name: string;
  /** What will be stored; `admit` may change it in place. Absent on DELETE. */
  object: KubeObject | undefined;
  old: KubeObject | undefined;
  context: RequestContext;
  /** Where the object is not of the resource's own kind: options of a CONNECT, the body of a subresource. */
  kind?: { group: string; version: string; kind: string };
  reinvocation?: Reinvocation;
  /** The objects in other versions, where only a webhook converts them: see prepareViews. */
  views?: Map<string, RequestView>;
}

/** The objects of a request as webhooks and policies see them: in the version that their rules name. */
export interface RequestView {
  object: KubeObject | null;
  oldObject: KubeObject | null;
}

/** What mutating webhooks remember between the two runs of the chain (apiserver pkg/admission/reinvocation.go). */
export interface Reinvocation {
  /** A webhook changed the object: the chain runs once more. */
  wanted: boolean;
  /** This is the second run. */
  again: boolean;
  /** Webhooks with reinvocationPolicy IfNeeded that nothing has changed after yet. */
  eligible: Set<string>;
  /** Webhooks that the second run calls. */
  due: Set<string>;
  /** The object as the last webhook left it. */
  output?: KubeObject;
}

/** One plugin of the chain. Failures are thrown as ApiStatusErrors, mostly 403 with upstream's text. */
export interface AdmissionPlugin {
  name: string;
  /** Looks at CONNECT, too: exec, attach, port-forward and proxies. */
  handlesConnect?: boolean;
  admit?(attributes: AdmissionAttributes, registry: Registry): void | Promise<void>;
  validate?(attributes: AdmissionAttributes, registry: Registry): void | Promise<void>;
  /** Looks again at the moment of the write, at once: what other requests did meanwhile counts. */
  confirm?(attributes: AdmissionAttributes, registry: Registry): void;
}

/** To be called with nothing between it and the write. */
export function confirmAdmission(registry: Registry, attributes: AdmissionAttributes): void {
  for (const plugin of registry.admission) plugin.confirm?.(attributes, registry);
}

export async function runAdmission(
  phase: "admit" | "validate",
  registry: Registry,
  attributes: AdmissionAttributes,
): Promise<void> {
  await runOnce(phase, registry, attributes);
  if (phase !== "admit" || !attributes.reinvocation?.wanted) return;
  attributes.reinvocation.again = true;
  await runOnce(phase, registry, attributes);
}

async function runOnce(
  phase: "admit" | "validate",
  registry: Registry,
  attributes: AdmissionAttributes,
): Promise<void> {
  for (const plugin of registry.admission) {
    if (attributes.operation === "CONNECT" && !plugin.handlesConnect) continue;
    // Most plugins answer at once: then nothing may change between the read and the write of the object.
    const later = plugin[phase]?.(attributes, registry);
    if (later) await later;
  }
}
