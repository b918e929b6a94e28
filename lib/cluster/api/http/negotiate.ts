import { notAcceptable } from "@/lib/cluster/client/status";

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

/** How an answer is shaped: as it is, as a table for people, or metadata only. */
export interface Representation {
  as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  yaml: boolean;
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

const served = ["application/json", "application/yaml"];
const accepted = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** The first shape asked for that we can give. Throws 406. */
export function negotiate(accept: string | undefined, allowTable: boolean): Representation {
  const types = parseMediaTypes(accept);
  if (types.length === 0) return { as: "object", yaml: false };
  for (const { type, parameters } of types) {
    const json = type === "*/*" || type === "application/*" || served.includes(type) || type === "text/yaml";
    if (!json) continue;
    const yaml = type.endsWith("yaml");
    const { as, v, g } = parameters;
    if (!as) return { as: "object", yaml };
    if (!allowTable || v !== "v1" || (g !== undefined && g !== "meta.k8s.io")) continue;
    if (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList")
      return { as, yaml };
  }
  throw notAcceptable(accepted);
}
