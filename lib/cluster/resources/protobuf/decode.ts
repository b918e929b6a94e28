import { AppError } from "@/lib/core/app-error";
import type { Schema } from "../schema/schema";
import { schemaOf } from "../schema/schema-of";
import type { KubeObject } from "../kind";
import { decodeSpecial } from "./special";
import { fieldsOf, messageOf, type Field } from "./messages";
import { dropZeros } from "./zeros";
import { asBuffer, asNumber, asText, readFields } from "./reader";

const magic = Buffer.from("k8s\0", "latin1");
const depthMax = 100;

/** Whether a body begins as protobuf bodies of Kubernetes do. */
export const isProtobuf = (bytes: Uint8Array): boolean => magic.equals(bytes.subarray(0, magic.length));

export interface DecodedObject {
  apiVersion: string;
  kind: string;
  /** As the same object would have come in JSON. */
  object: KubeObject;
}

/**
 * Decodes a request body of `application/vnd.kubernetes.protobuf`: the magic `k8s\0`, then runtime.Unknown, then the
 * object. Fields that Go left at their zero value are dropped where its JSON encoder drops them. Throws `invalid`
 * when the bytes are no such body, `unsupported` for a kind that we have no messages of.
 */
export function decodeProtobuf(bytes: Uint8Array): DecodedObject {
  if (!isProtobuf(bytes)) {
    throw new AppError(
      "invalid",
      "The body is not Kubernetes protobuf: it must begin with the bytes 6b 38 73 00.",
    );
  }
  let apiVersion = "";
  let kind = "";
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, value } of readFields(Buffer.from(bytes.subarray(magic.length)))) {
    if (number === 1) {
      for (const field of readFields(asBuffer(value))) {
        if (field.number === 1) apiVersion = asText(field.value);
        if (field.number === 2) kind = asText(field.value);
      }
    } else if (number === 2) raw = asBuffer(value);
  }
  const message = messageOf(apiVersion, kind);
  if (!message) {
    throw new AppError(
      "unsupported",
      `Objects of kind ${kind} (${apiVersion}) cannot be read from protobuf; send JSON.`,
    );
  }
  const fields = decodeMessage(raw, message, 0);
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const schema: Schema | undefined = schemaOf({ group: group ?? "", version: version ?? "", kind });
  const object = { apiVersion, kind, ...(dropZeros(fields, schema) as object) } as KubeObject;
  return { apiVersion, kind, object };
}

type Json = Record<string, unknown>;

function decodeMessage(bytes: Buffer, message: string, depth: number): Json {
  if (depth > depthMax) throw new AppError("invalid", "The protobuf body is nested too deeply.");
  const known = fieldsOf(message);
  const object: Json = {};
  for (const { number, value } of readFields(bytes)) {
    const field = known.get(number);
    if (!field) continue; // of a newer release
    if (field.name === "~") Object.assign(object, decodeMessage(asBuffer(value), field.type, depth + 1));
    else if (field.map) setEntry(object, field, asBuffer(value), depth);
    else if (field.repeated) {
      const list = (object[field.name] ??= []) as unknown[];
      list.push(decodeValue(value, field.type, depth));
    } else {
      const decoded = decodeValue(value, field.type, depth);
      if (decoded !== undefined) object[field.name] = decoded;
    }
  }
  return object;
}

function setEntry(object: Json, field: Field, bytes: Buffer, depth: number): void {
  let key = "";
  let content: unknown;
  for (const { number, value } of readFields(bytes)) {
    if (number === 1) key = asText(value);
    if (number === 2) content = decodeValue(value, field.type, depth);
  }
  const map = (object[field.name] ??= {}) as Json;
  const zero = field.type === "string" || field.type === "bytes" ? "" : field.type === "Time" ? null : {};
  // "__proto__" as a key must stay a key.
  Object.defineProperty(map, key, {
    value: content ?? zero,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function decodeValue(value: bigint | Buffer, type: string, depth: number): unknown {
  switch (type) {
    case "string":
      return asText(value);
    case "int":
      return asNumber(value);
    case "bool":
      return asNumber(value) !== 0;
    case "bytes":
      return asBuffer(value).toString("base64");
    case "double":
      return asBuffer(value).readDoubleLE(0);
    default:
      return type.includes(".")
        ? decodeSpecialMessage(asBuffer(value), type, depth)
        : decodeSpecial(asBuffer(value), type);
  }
}

/** Unions of CRD schemas have a message on the wire and none in JSON. */
function decodeSpecialMessage(bytes: Buffer, type: string, depth: number): unknown {
  const decoded = decodeMessage(bytes, type, depth + 1);
  switch (type) {
    case "apiextensions.JSONSchemaPropsOrArray":
      return decoded.schema ?? decoded.jSONSchemas;
    case "apiextensions.JSONSchemaPropsOrBool":
      return decoded.schema ?? decoded.allows ?? false;
    case "apiextensions.JSONSchemaPropsOrStringArray":
      return decoded.schema ?? decoded.property;
    default:
      return decoded;
  }
}
