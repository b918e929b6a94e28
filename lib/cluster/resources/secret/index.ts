import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { Secret } from "../types";
import { forbidden, immutable, invalid, invalidEach, required, same, tooLong } from "../validation/errors";
import { configKey } from "../validation/names";

const bytesMax = 1024 * 1024;

/** The keys that a type of secret cannot do without. */
const requiredKeys: Record<string, string[]> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

function validate({ metadata, data: given, type }: Secret): FieldError[] {
  const data = given ?? {};
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidEach(`data[${key}]`, key, configKey(key)));
    bytes += Buffer.byteLength(value ?? "", "base64");
  }
  if (bytes > bytesMax) errors.push(tooLong("data", bytesMax));
  for (const key of requiredKeys[type ?? ""] ?? []) {
    if (!(key in data)) errors.push(required(`data[${key}]`));
  }
  if (type === "kubernetes.io/service-account-token") {
    if (!metadata.annotations?.["kubernetes.io/service-account.name"]) {
      errors.push(required("metadata.annotations[kubernetes.io/service-account.name]"));
    }
  }
  if (type === "kubernetes.io/basic-auth" && !("username" in data) && !("password" in data)) {
    errors.push(required("data[username]"), required("data[password]"));
  }
  const config = data[".dockerconfigjson"];
  if (type === "kubernetes.io/dockerconfigjson" && config !== undefined && !isJson(config)) {
    errors.push(
      invalid("data[.dockerconfigjson]", "<secret contents redacted>", "invalid character in JSON document"),
    );
  }
  return errors;
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function validateUpdate(object: Secret, old: Secret): FieldError[] {
  const errors = immutable("type", object.type, old.type);
  if (!old.immutable) return errors;
  const frozen = "field is immutable when `immutable` is set";
  if (!object.immutable) errors.push(forbidden("immutable", frozen));
  if (!same(object.data, old.data)) errors.push(forbidden("data", frozen));
  return errors;
}

export const secret = defineKind<Secret>("", "Secret", {
  columns: [
    nameColumn(),
    text("Type", ({ type }) => type ?? ""),
    text("Data", ({ data }) => String(Object.keys(data ?? {}).length)),
    ageColumn(),
  ],
  selectableFields: { type: ({ type }) => type ?? "" },
  defaults(object) {
    if (!object.type) object.type = "Opaque";
    if (object.stringData) {
      // Write-only convenience: stored as data, and it wins over data of the same key.
      object.data = { ...object.data };
      for (const [key, value] of Object.entries(object.stringData)) {
        object.data[key] = Buffer.from(value).toString("base64");
      }
      delete object.stringData;
    }
  },
  prepareForUpdate(object, old) {
    if (!object.type) object.type = old.type;
  },
  validate,
  validateUpdate,
});
