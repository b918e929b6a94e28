import { ProtoWriter } from "../protobuf/writer";
import type { SwaggerDocument, SwaggerPart } from "./openapi-v2";

type Json = Record<string, unknown>;

/** gnostic's openapi.v2.Document: the numbers are those of its OpenAPIv2.proto. */
export function encodeSwagger(document: SwaggerDocument): Buffer {
  const head = new ProtoWriter()
    .string(1, document.swagger)
    .message(2, (info) => info.string(1, document.info.title).string(2, document.info.version))
    .finish();
  return Buffer.concat([head, encodeSwaggerPart(document)]);
}

/** More paths and definitions: a message that follows another of its type in a stream adds to it. */
export function encodeSwaggerPart({ paths, definitions }: SwaggerPart): Buffer {
  return new ProtoWriter()
    .message(8, (writer) => named(writer, 2, paths, writePath))
    .message(9, (writer) => named(writer, 1, definitions, writeSchema))
    .finish();
}

type Write = (writer: ProtoWriter, value: Json) => void;

function named(writer: ProtoWriter, field: number, entries: object, write: Write): void {
  for (const [name, value] of Object.entries(entries)) {
    writer.message(field, (pair) => pair.string(1, name).message(2, (inner) => write(inner, value as Json)));
  }
}

/** x-kubernetes-* fields travel as YAML texts; JSON is YAML too, and much quicker to write. */
function extensions(writer: ProtoWriter, field: number, value: Json): void {
  for (const [name, content] of Object.entries(value)) {
    if (!name.startsWith("x-")) continue;
    writer.message(field, (pair) =>
      pair.string(1, name).message(2, (any) => any.string(2, JSON.stringify(content))),
    );
  }
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

function writeSchema(writer: ProtoWriter, schema: Json): void {
  writer.string(1, text(schema.$ref)).string(2, text(schema.format)).string(4, text(schema.description));
  for (const name of (schema.required as string[] | undefined) ?? []) writer.string(19, name);
  const { additionalProperties, type, items, properties } = schema;
  if (additionalProperties) {
    writer.message(21, (item) =>
      item.message(1, (inner) => writeSchema(inner, additionalProperties as Json)),
    );
  }
  if (type) writer.message(22, (item) => item.string(1, text(type)));
  if (items) writer.message(23, (item) => item.message(1, (inner) => writeSchema(inner, items as Json)));
  if (properties) writer.message(25, (item) => named(item, 1, properties, writeSchema));
  extensions(writer, 31, schema);
}

const operationFields: Record<string, number> = {
  get: 2,
  put: 3,
  post: 4,
  delete: 5,
  options: 6,
  head: 7,
  patch: 8,
};

function writePath(writer: ProtoWriter, item: Json): void {
  for (const [method, field] of Object.entries(operationFields)) {
    const operation = item[method] as Json | undefined;
    if (operation) writer.message(field, (inner) => writeOperation(inner, operation));
  }
  for (const parameter of (item.parameters as Json[] | undefined) ?? []) writeParameter(writer, 9, parameter);
}

function writeOperation(writer: ProtoWriter, operation: Json): void {
  for (const tag of (operation.tags as string[] | undefined) ?? []) writer.string(1, tag);
  writer.string(3, text(operation.description)).string(5, text(operation.operationId));
  for (const type of (operation.produces as string[] | undefined) ?? []) writer.string(6, type);
  for (const type of (operation.consumes as string[] | undefined) ?? []) writer.string(7, type);
  for (const parameter of (operation.parameters as Json[] | undefined) ?? [])
    writeParameter(writer, 8, parameter);
  writer.message(9, (responses) =>
    named(responses, 1, operation.responses as object, (value, response) => {
      value.message(1, (inner) => {
        inner.string(1, text(response.description));
        const schema = response.schema as Json | undefined;
        if (schema) inner.message(2, (item) => item.message(1, (at) => writeSchema(at, schema)));
      });
    }),
  );
  extensions(writer, 13, operation);
}

/** Parameters are few and written into a thousand operations. */
const parameters = new WeakMap<Json, Buffer>();

function writeParameter(writer: ProtoWriter, field: number, parameter: Json): void {
  let bytes = parameters.get(parameter);
  if (!bytes) parameters.set(parameter, (bytes = encodeParameter(parameter)));
  writer.bytes(field, bytes);
}

function encodeParameter(parameter: Json): Buffer {
  const writer = new ProtoWriter();
  if (parameter.in === "body")
    writer.message(1, (one) => one.message(1, (body) => writeBody(body, parameter)));
  else writer.message(1, (one) => one.message(2, (other) => writeNonBody(other, parameter)));
  return writer.finish();
}

function writeNonBody(writer: ProtoWriter, parameter: Json): void {
  const isQuery = parameter.in === "query";
  writer.message(isQuery ? 3 : 4, (value) =>
    value
      .bool(1, parameter.required === true)
      .string(2, text(parameter.in))
      .string(3, text(parameter.description))
      .string(4, text(parameter.name))
      .string(isQuery ? 6 : 5, text(parameter.type))
      .bool(isQuery ? 20 : 19, parameter.uniqueItems === true),
  );
}

function writeBody(writer: ProtoWriter, parameter: Json): void {
  writer
    .string(2, text(parameter.name))
    .string(3, text(parameter.in))
    .bool(4, parameter.required === true)
    .message(5, (inner) => writeSchema(inner, parameter.schema as Json));
}
