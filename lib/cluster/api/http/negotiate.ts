import { notAcceptable } from "@/lib/cluster/client/status";

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

export type Encoding = "json" | "yaml" | "protobuf";

/** How an answer is shaped: as it is, as a table for people, or metadata only. */
export interface Representation {
  as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  encoding: Encoding;
}

export function parseMediaTypes(header: string | undefined): MediaType[] {
  return (header ?? "")
    .split(",")
    .map((one) => {
      const [type = "", ...rest] = one.split(";").map((part) => part.trim());
      const parameters = Object.fromEntries(
        rest.map((part) => {
          const at = part.indexOf("=");
          return at < 0
            ? [part, ""]
            : [
                part.slice(0, at).trim(),
                part
                  .slice(at + 1)
                  .trim()
                  .replace(/^"|"$/g, ""),
              ];
        }),
      ) as Record<string, string>;
      const quality = Number(parameters.q ?? 1);
      return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
    })
    .filter(({ type }) => type !== "")
    .sort((a, b) => b.quality - a.quality);
}

const encodings: Record<string, Encoding> = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "application/yaml": "yaml",
  "text/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};
const accepted = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const acceptedStreams = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

/**
 * The first shape asked for that we can give. Throws 406. Tables have no protobuf form, custom resources only for their
 * metadata, and streams are never YAML (apiserver 1.34 pkg/endpoints/handlers/negotiation).
 */
export function negotiate(
  accept: string | undefined,
  { isCustom }: { isCustom?: boolean },
  isStream = false,
): Representation {
  const types = parseMediaTypes(accept);
  if (types.length === 0) return { as: "object", encoding: "json" };
  for (const { type, parameters } of types) {
    const encoding = Object.hasOwn(encodings, type) ? encodings[type]! : undefined;
    if (!encoding || (encoding === "yaml" && isStream)) continue;
    const { as, v, g } = parameters;
    if (!as) {
      if (encoding === "protobuf" && isCustom) continue;
      return { as: "object", encoding };
    }
    if (v !== "v1" || (g !== undefined && g !== "meta.k8s.io")) continue;
    if (as === "Table" ? encoding !== "protobuf" : isMetadata(as)) return { as, encoding } as Representation;
  }
  throw notAcceptable(isStream ? acceptedStreams : accepted);
}

const isMetadata = (as: string) => as === "PartialObjectMetadata" || as === "PartialObjectMetadataList";

/** What a Status can be told in, whatever else was asked for. */
export function encodingOfError(accept: string | undefined): Encoding {
  const known = parseMediaTypes(accept).find(({ type }) => Object.hasOwn(encodings, type));
  return known ? encodings[known.type]! : "json";
}
