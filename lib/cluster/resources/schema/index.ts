export type { GroupVersionKind, RawSchema, Schema } from "./schema";
export { schemaName, schemaOf } from "./schema-of";
export { openapiV3, openapiV3Paths, openapiV3Root, openapiV3RootPaths } from "./openapi-v3";
export {
  encodeSwagger,
  encodeSwaggerPart,
  openapiV2,
  toDefinition,
  toPaths,
  type SwaggerPart,
} from "./openapi-v2";
