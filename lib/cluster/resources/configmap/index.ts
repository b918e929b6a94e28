import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { ConfigMap } from "../types";
import { forbidden, invalid, invalidEach, same, tooLong } from "../validation/errors";
import { configKey } from "../validation/names";

const bytesMax = 1024 * 1024;

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data ?? {})) {
    errors.push(...invalidEach(`data[${key}]`, key, configKey(key)));
    if (binaryData && key in binaryData) {
      errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData ?? {})) {
    errors.push(...invalidEach(`binaryData[${key}]`, key, configKey(key)));
    bytes += Buffer.byteLength(value, "base64");
  }
  if (bytes > bytesMax) errors.push(tooLong("", bytesMax));
  return errors;
}

function validateUpdate(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (!old.immutable) return [];
  const frozen = "field is immutable when `immutable` is set";
  return [
    ...(object.immutable ? [] : [forbidden("immutable", frozen)]),
    ...(same(object.data, old.data) ? [] : [forbidden("data", frozen)]),
    ...(same(object.binaryData, old.binaryData) ? [] : [forbidden("binaryData", frozen)]),
  ];
}

export const configMap = defineKind<ConfigMap>("", "ConfigMap", {
  columns: [
    nameColumn(),
    text("Data", ({ data, binaryData }) =>
      String(Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
    ),
    ageColumn(),
  ],
  validate,
  validateUpdate,
});
