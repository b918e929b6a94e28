import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  encodeSwagger,
  encodeSwaggerPart,
  openapiV2,
  type SwaggerPart,
} from "@/lib/cluster/resources/schema";
import type { Api } from "../api";
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

/** What custom kinds and other servers add to the protobuf document of a cluster; made once per set of kinds. */
const custom = new WeakMap<Registry, { generation: number; added: Document | undefined }>();

/** /openapi/v2 with a cluster's custom kinds and the kinds of aggregated servers. */
export function swagger(api: Api, form: "json" | "protobuf"): Document {
  const added = form === "protobuf" ? addedProtobuf(api) : undefined;
  const more = form === "json" ? addedSwagger(api) : undefined;
  if (more) {
    const { paths, definitions, ...rest } = openapiV2();
    const body = Buffer.from(
      JSON.stringify({
        ...rest,
        paths: { ...more.paths, ...paths },
        definitions: { ...more.definitions, ...definitions },
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

/** Definitions that are built in stay as they are; undefined when nothing is added. */
function addedSwagger({ registry, aggregator }: Api): SwaggerPart | undefined {
  const parts = [
    ...aggregator.remotes().map(({ openapi }) => openapi?.swagger),
    customSwagger(registry),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const { definitions: builtIn } = openapiV2();
  const definitions = parts.flatMap((part) => Object.entries(part.definitions));
  return {
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as SwaggerPart["paths"],
    definitions: Object.fromEntries(definitions.filter(([name]) => !Object.hasOwn(builtIn, name))),
  } as SwaggerPart;
}

function addedProtobuf(api: Api): Document | undefined {
  const { registry } = api;
  const known = custom.get(registry);
  if (known?.generation === registry.generation) return known.added;
  const part = addedSwagger(api);
  const body = part && encodeSwaggerPart(part);
  const added = body && document(body, protobuf, hash(body));
  custom.set(registry, { generation: registry.generation, added });
  return added;
}
