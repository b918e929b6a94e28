export type { GroupVersionKind, Schema } from "./schema";
export { schemaName, schemaOf } from "./schema-of";
export { openapiV3, openapiV3Paths, openapiV3Root, openapiV3RootPaths } from "./openapi-v3";
export { encodeSwagger, openapiV2 } from "./openapi-v2";
