import type { KubeObject } from "../kind";
import { fieldsOf, messageOf, type Field } from "./messages";
import { encodeSpecial } from "./special-encode";
import { ProtoWriter } from "./writer";

const magic = Buffer.from("k8s\0", "latin1");

type Json = Record<string, unknown>;

/**
 * An object as a body of `application/vnd.kubernetes.protobuf`: the magic `k8s\0`, then runtime.Unknown, then the object.
 * Undefined for a kind that we have no messages of.
 */
export function encodeProtobuf(object: Pick<KubeObject, "apiVersion" | "kind">): Buffer | undefined {
  const { apiVersion, kind } = object;
  const message = messageOf(apiVersion, kind);
  if (!message) return undefined;
  const unknown = new ProtoWriter()
    .message(1, (type) => type.text(1, apiVersion).text(2, kind))
    .message(2, (raw) => writeMessage(raw, message, object as unknown as Json))
    // Content encoding and type, which Go writes though they are empty.
    .text(3, "")
    .text(4, "");
  return Buffer.concat([magic, unknown.finish()]);
}

/** One event of a watch: its length in four bytes, then metav1.WatchEvent. Undefined where the object has no message. */
export function encodeWatchFrame(type: string, object: KubeObject): Buffer | undefined {
  const encoded = encodeProtobuf(object);
  if (!encoded) return undefined;
  const event = new ProtoWriter()
    .text(1, type)
    .message(2, (raw) => raw.bytes(1, encoded))
    .finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function writeMessage(writer: ProtoWriter, message: string, object: Json): void {
  for (const [number, field] of fieldsOf(message)) {
    if (field.name === "~") writer.message(number, (below) => writeMessage(below, field.type, object));
    else
      writeField(writer, number, field, Object.hasOwn(object, field.name) ? object[field.name] : undefined);
  }
}

function writeField(writer: ProtoWriter, number: number, field: Field, value: unknown): void {
  if (value === undefined || value === null) return;
  if (field.repeated) for (const item of value as unknown[]) writeValue(writer, number, field.type, item);
  else if (field.map)
    for (const key of Object.keys(value).sort())
      writer.message(number, (entry) => {
        entry.text(1, key);
        writeValue(entry, 2, field.type, (value as Json)[key]);
      });
  else writeValue(writer, number, field.type, value);
}

function writeValue(writer: ProtoWriter, number: number, type: string, value: unknown): void {
  switch (type) {
    case "string":
      return void writer.text(number, String(value));
    case "int":
      return void writer.int(number, value as number);
    case "bool":
      return void writer.int(number, value ? 1 : 0);
    case "bytes":
      return void writer.bytes(number, Buffer.from(String(value), "base64"));
    case "double":
      return void writer.double(number, value as number);
    default:
      return void writer.message(number, (below) => {
        if (type.includes(".")) writeUnionOrMessage(below, type, value);
        else encodeSpecial(below, type, value);
      });
  }
}

/** Unions of CRD schemas have a message on the wire and none in JSON. */
function writeUnionOrMessage(writer: ProtoWriter, type: string, value: unknown): void {
  const schema = (number: number, one: unknown) =>
    writer.message(number, (below) => writeMessage(below, "apiextensions.JSONSchemaProps", one as Json));
  switch (type) {
    case "apiextensions.JSONSchemaPropsOrArray":
      if (Array.isArray(value)) for (const one of value) schema(2, one);
      else schema(1, value);
      return;
    case "apiextensions.JSONSchemaPropsOrBool":
      writer.int(1, value === false ? 0 : 1);
      if (typeof value === "object") schema(2, value);
      return;
    case "apiextensions.JSONSchemaPropsOrStringArray":
      if (Array.isArray(value)) for (const one of value) writer.text(2, String(one));
      else schema(1, value);
      return;
    default:
      return writeMessage(writer, type, value as Json);
  }
}
