import { randomUUID } from "node:crypto";
import { internalError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import type { Backends } from "../backends/backends";
import { clone, deepEqual, isObject } from "../json";

const timeoutMs = 30_000;

/**
 * Between the versions of a custom kind: by its webhook, or by renaming the version. What was converted once is kept as
 * long as the stored object is (apiextensions-apiserver 1.34 pkg/apiserver/conversion).
 */
export class Conversion {
  readonly #converted = new WeakMap<KubeObject, Map<string, KubeObject>>();
  readonly #spec: CustomResourceDefinition["spec"];

  constructor(
    readonly backends: Backends,
    { spec }: CustomResourceDefinition,
  ) {
    this.#spec = spec;
  }

  /** Whether somebody else converts. */
  get isByWebhook(): boolean {
    return this.#webhook !== undefined;
  }

  get #webhook() {
    const { conversion } = this.#spec;
    return conversion?.strategy === "Webhook" ? conversion.webhook : undefined;
  }

  /** A stored object in a version; by a webhook only what `prepare` was asked for before. */
  known(object: KubeObject, apiVersion: string): KubeObject {
    if (object.apiVersion === apiVersion) return object;
    if (!this.#webhook) return { ...object, apiVersion };
    const found = this.#converted.get(object)?.get(apiVersion);
    if (!found)
      throw internalError(`${object.kind} "${object.metadata.name}" is not converted to ${apiVersion}`);
    return found;
  }

  /** Makes stored objects known in a version. Throws 500 in upstream's words when the webhook fails. */
  async prepare(objects: KubeObject[], apiVersion: string): Promise<void> {
    if (!this.#webhook) return;
    const missing = objects.filter(
      (object) => object.apiVersion !== apiVersion && !this.#converted.get(object)?.has(apiVersion),
    );
    if (missing.length === 0) return;
    const results = await this.#ask(missing, apiVersion);
    for (const [at, object] of missing.entries()) {
      const versions = this.#converted.get(object) ?? new Map<string, KubeObject>();
      this.#converted.set(object, versions.set(apiVersion, results[at]!));
    }
  }

  /** An object of a request in another version. */
  async convert(object: KubeObject, apiVersion: string): Promise<KubeObject> {
    if (object.apiVersion === apiVersion) return object;
    if (!this.#webhook) return { ...object, apiVersion };
    return (await this.#ask([object], apiVersion))[0]!;
  }

  async #ask(objects: KubeObject[], apiVersion: string): Promise<KubeObject[]> {
    const { clientConfig, conversionReviewVersions } = this.#webhook!;
    const { apiVersion: from, kind } = objects[0]!;
    const [group, version] = from.split("/");
    const about = `conversion webhook for ${group}/${version}, Kind=${kind}`;
    const reviewVersion = conversionReviewVersions.find((one) => one === "v1" || one === "v1beta1");
    if (!reviewVersion || !clientConfig)
      throw internalError("webhook does not accept known ConversionReview versions (v1, v1beta1)");
    const reviewed = `apiextensions.k8s.io/${reviewVersion}`;
    const uid = randomUUID();
    const review = {
      kind: "ConversionReview",
      apiVersion: reviewed,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    const answer = await this.backends.post(clientConfig, review, timeoutMs).catch((failure: unknown) => {
      throw internalError(`${about} failed: ${(failure as Error).message}`);
    });
    const converted = convertedObjects(answer, reviewed, uid, about);
    if (converted.length !== objects.length)
      throw internalError(`${about} returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((object, at) =>
      checked(object, converted[at], apiVersion, `${about} returned invalid`, at),
    );
  }
}

function convertedObjects(review: unknown, apiVersion: string, uid: string, about: string): unknown[] {
  const fail = (why: string): never => {
    throw internalError(`${about} failed: ${why}`);
  };
  if (!isObject(review) || review.kind !== "ConversionReview" || review.apiVersion !== apiVersion)
    return fail(`expected webhook response of ${apiVersion}, Kind=ConversionReview`);
  const { response } = review;
  if (!isObject(response)) return fail("no response provided");
  if (response.uid !== uid && apiVersion.endsWith("/v1"))
    fail(`expected response.uid="${uid}", got ${JSON.stringify(response.uid ?? "")}`);
  const result = isObject(response.result) ? response.result : {};
  if (result.status !== "Success")
    fail(
      typeof result.message === "string" && result.message !== ""
        ? result.message
        : `response.result.status was '${String(result.status ?? "")}', not 'Success'`,
    );
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}

/** Labels and annotations may change, the rest of the metadata is the original's. */
function checked(
  original: KubeObject,
  value: unknown,
  apiVersion: string,
  about: string,
  at: number,
): KubeObject {
  const where = `${about} converted object at index ${at}`;
  if (!isObject(value)) throw internalError(`${where}: not an object`);
  const converted = value as unknown as KubeObject;
  if (converted.apiVersion !== apiVersion)
    throw internalError(
      `${where}: invalid groupVersion (expected ${apiVersion}, received ${String(converted.apiVersion)})`,
    );
  if (converted.kind !== original.kind)
    throw internalError(
      `${where}: invalid kind (expected ${original.kind}, received ${String(converted.kind)})`,
    );
  if (!isObject(converted.metadata)) throw internalError(`${where}: missing metadata in converted object`);
  for (const field of ["name", "namespace", "uid"] as const)
    if (!deepEqual(original.metadata[field], converted.metadata[field]))
      throw internalError(
        `${where}: must have the same ${field === "uid" ? "UID" : field}: ${original.metadata[field] ?? ""} != ${converted.metadata[field] ?? ""}`,
      );
  const { labels, annotations } = converted.metadata;
  const { labels: _labels, annotations: _annotations, ...kept } = clone(original.metadata);
  return {
    ...converted,
    metadata: { ...kept, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  };
}
