import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { encodeSwagger, encodeSwaggerPart, openapiV2 } from "@/lib/cluster/resources/schema";
import { customSwagger } from "../crd/openapi-v2";
import type { Registry } from "../registry/registry";

/** A document with its hash, compressed: built-in ones are made once a process and shared by its clusters. */
export interface Document {
  hash: string;
  gzip: Buffer;
  contentType: string;
}

export const document = (body: Buffer, contentType: string, hash: string): Document => ({
  hash,
  gzip: gzipSync(body, { level: 6 }),
  contentType,
});

export const hash = (body: Buffer) =>
  createHash("sha512").update(body).digest("hex").toUpperCase().slice(0, 64);

/** Asked for with an @, answered with a dot: the @ is not allowed in a media type. */
const protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

const builtIn = new Map<string, Document>();

/** What custom kinds add to the protobuf document of a cluster; made once per set of kinds. */
const custom = new WeakMap<Registry, { generation: number; added: Document | undefined }>();

/** /openapi/v2 with a cluster's custom kinds. */
export function swagger(registry: Registry, form: "json" | "protobuf"): Document {
  const added = form === "protobuf" ? addedProtobuf(registry) : undefined;
  const more = form === "json" ? customSwagger(registry) : undefined;
  if (more) {
    const { paths, definitions, ...rest } = openapiV2();
    const body = Buffer.from(
      JSON.stringify({
        ...rest,
        paths: { ...paths, ...more.paths },
        definitions: { ...definitions, ...more.definitions },
      }),
    );
    return document(body, "application/json", hash(body));
  }
  let made = builtIn.get(form);
  if (!made) {
    const body = form === "json" ? Buffer.from(JSON.stringify(openapiV2())) : encodeSwagger(openapiV2());
    made = document(body, form === "json" ? "application/json" : protobuf, hash(body));
    builtIn.set(form, made);
  }
  if (!added) return made;
  // Both protobuf messages and gzip files may be put one after the other.
  return {
    ...made,
    hash: hash(Buffer.from(made.hash + added.hash)),
    gzip: Buffer.concat([made.gzip, added.gzip]),
  };
}

function addedProtobuf(registry: Registry): Document | undefined {
  const known = custom.get(registry);
  if (known?.generation === registry.generation) return known.added;
  const part = customSwagger(registry);
  const body = part && encodeSwaggerPart(part);
  const added = body && document(body, protobuf, hash(body));
  custom.set(registry, { generation: registry.generation, added });
  return added;
}
