import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { decodeObject } from "@/lib/cluster/api/http/body";
import { checkFieldsOf } from "@/lib/cluster/api/http/check-fields";
import { internalContext } from "@/lib/cluster/api/registry/registry";
import { Entry } from "@/lib/cluster/api/store/collection";
import { kinds } from "@/lib/cluster/resources";
import { encodeProtobuf } from "@/lib/cluster/resources/protobuf";
import type { Kind, KubeObject } from "@/lib/cluster/resources/kind";
import { Tally, type SetReport } from "./report";

/** Media types by the ending of a fixture's name. */
export const types = {
  json: "application/json",
  yaml: "application/yaml",
  pb: "application/vnd.kubernetes.protobuf",
};
export type Form = keyof typeof types;

/** What the API server itself sends, as JSON: nobody sends it these as protobuf. */
const onlyJson = ["admission.k8s.io.v1.AdmissionReview", "core.v1.WatchEvent"];

/**
 * Every filled-in object that the API server reads, kinds of requests (Scale, Eviction, TokenRequest, DeleteOptions, reviews)
 * among them, there and back: the server's decoder makes the same object of its JSON, YAML and protobuf, what is stored of
 * that is served as the JSON it came in, nothing lost and nothing added, and as the very bytes of its protobuf.
 */
export function checkRoundTrips(upstream: string): SetReport {
  const tally = new Tally("round-trips", "encoded objects");
  const folder = join(upstream, "api-fixtures");
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const name = file.slice(0, -".json".length);
    const [, group = "", version = "", kind = ""] = /^(.*)\.(v\d\w*)\.(\w+)$/.exec(name) ?? [];
    const original = JSON.parse(readFileSync(join(folder, file), "utf8")) as KubeObject;
    const gvk = { group: group === "core" ? "" : group, version, kind };
    const decoded = new Map<Form, KubeObject>();
    for (const form of Object.keys(types) as Form[]) {
      const path = join(folder, `${name}.${form}`);
      if (!existsSync(path) || (form === "pb" && onlyJson.includes(name))) continue;
      tally.add(`${name}.${form}`, attempt(readFileSync(path), form));
    }

    function attempt(bytes: Buffer, form: Form): string | undefined {
      try {
        const object = decode(bytes, form, gvk);
        decoded.set(form, object);
        for (const [other, one] of decoded)
          if (!isDeepStrictEqual(object, one)) return `decodes to another object than its ${other}`;
        if (form === "pb" && !bytes.equals(encodeProtobuf(original) ?? Buffer.alloc(0)))
          return "is encoded to other bytes than upstream's";
        return lostOrAdded(encode(object, gvk), original);
      } catch (failure) {
        return (failure as Error).message;
      }
    }
  }
  return tally.finish();
}

type GroupVersionKind = Pick<Kind, "group" | "version" | "kind">;

/** As a request with `fieldValidation=Strict` is read. Throws for a field that is unknown or given twice. */
function decode(bytes: Buffer, form: Form, gvk: GroupVersionKind): KubeObject {
  const context = { ...internalContext("conformance"), fieldValidation: "Strict" as const };
  const object = decodeObject(bytes, types[form], gvk.kind, (errors) => (context.repeated = errors));
  return checkFieldsOf(gvk, object as unknown as KubeObject, context);
}

/** As an object is answered that was stored in its kind's stored version. */
function encode(object: KubeObject, { group, version, kind }: GroupVersionKind): unknown {
  const own = kinds.find((one) => one.group === group && one.version === version && one.kind === kind);
  // Options and APIVersions have no metadata, which what is stored has.
  if (!own) return JSON.parse(JSON.stringify(object)) as unknown;
  const stored = own.storage ? own.storage.fromStored(own.storage.toStored(object)) : object;
  return JSON.parse(new Entry(stored, 1).json) as unknown;
}

function lostOrAdded(answered: unknown, original: unknown): string | undefined {
  if (isDeepStrictEqual(answered, original)) return undefined;
  return `is answered ${JSON.stringify(answered)} instead of ${JSON.stringify(original)}`;
}
