import { kinds } from "../index";
import { readGenerated } from "./generated";
import { encodeSwagger, encodeSwaggerPart } from "./openapi-v2-protobuf";
import { pathsOf } from "./openapi-paths";
import { refPrefix, type RawSchema } from "./schema";

type Json = Record<string, unknown>;

/** What kinds bring to a Swagger 2.0 document. */
export interface SwaggerPart {
  paths: Record<string, Json>;
  definitions: Record<string, Json>;
}

/** A Swagger 2.0 document, as far as the API server's clients read it. */
export interface SwaggerDocument extends SwaggerPart {
  swagger: "2.0";
  info: { title: string; version: string };
}

const operations = ["get", "put", "post", "delete", "options", "head", "patch"];

/**
 * The OpenAPI v2 document of the built-in kinds, made anew at each call: cache what you serve. `encodeSwagger` gives
 * the form that kubectl asks for (application/com.github.proto-openapi.spec.v2@v1.0+protobuf).
 */
export function openapiV2(): SwaggerDocument {
  const definitions = Object.entries(readGenerated("descriptions.json")).map(
    ([name, schema]) => [name, toDefinition(name, schema)] as const,
  );
  const paths = Object.assign({}, ...kinds.map(pathsOf)) as Record<string, Json>;
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "v1.34.0" },
    paths: toPaths(paths),
    definitions: Object.fromEntries(definitions),
  };
}

/** Paths of v3 as v2 has them. */
export function toPaths(paths: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, toPath(item)]));
}

export { encodeSwagger, encodeSwaggerPart };

/** v2 has no oneOf and no siblings' defaults: what may be several things is a string with a format. */
export function toDefinition(name: string, schema: RawSchema): Json {
  if (name.endsWith(".IntOrString"))
    return { description: schema.description, type: "string", format: "int-or-string" };
  if (name.endsWith(".Quantity")) return { description: schema.description, type: "string" };
  return convert(schema);
}

function convert(schema: RawSchema): Json {
  const {
    allOf,
    $ref,
    oneOf: _oneOf,
    default: _default,
    properties,
    items,
    additionalProperties,
    ...rest
  } = schema;
  const ref = $ref ?? allOf?.[0]?.$ref;
  return {
    ...rest,
    ...(ref ? { $ref: ref.replace(refPrefix, "#/definitions/") } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, convert(value)]),
          ),
        }
      : {}),
    ...(items ? { items: convert(items) } : {}),
    ...(additionalProperties ? { additionalProperties: convert(additionalProperties) } : {}),
  };
}

function toPath(item: Json): Json {
  const made: Json = {};
  for (const [key, value] of Object.entries(item)) {
    if (key === "parameters") made.parameters = (value as Json[]).map(toParameter);
    else if (operations.includes(key)) made[key] = toOperation(value as Json);
  }
  return made;
}

type Responses = Record<string, { description: string; content?: Record<string, { schema: RawSchema }> }>;

const firstContent = (responses: Responses) => Object.values(responses)[0]?.content ?? {};

function toOperation({ requestBody, responses, parameters, ...rest }: Json): Json {
  const content = (requestBody as { content: Record<string, { schema: RawSchema }> } | undefined)?.content;
  const body = content && Object.values(content)[0]?.schema;
  return {
    ...rest,
    consumes: content ? Object.keys(content) : ["*/*"],
    produces: Object.keys(firstContent(responses as Responses)),
    parameters: [
      ...(body ? [{ name: "body", in: "body", required: true, schema: convert(body) }] : []),
      ...((parameters as Json[] | undefined) ?? []).map(toParameter),
    ],
    responses: Object.fromEntries(
      Object.entries(responses as Responses).map(([code, { description, content }]) => {
        const schema = content && Object.values(content)[0]?.schema;
        return [code, { description, ...(schema ? { schema: convert(schema) } : {}) }];
      }),
    ),
  };
}

/** Most operations share theirs. */
const parameters = new WeakMap<Json, Json>();

function toParameter(parameter: Json): Json {
  const known = parameters.get(parameter);
  if (known) return known;
  const { schema, ...rest } = parameter;
  const made = { ...rest, ...(schema as Json) };
  parameters.set(parameter, made);
  return made;
}
