import type { Ingress } from "@/lib/cluster/resources/types";
import { annotations, type Settings } from "./annotations";

export const annotationPrefix = "nginx.ingress.kubernetes.io/";
/** Names of before, and of the other spelling. */
const aliases: Record<string, string> = {
  "allowlist-source-range": "whitelist-source-range",
  "limit-whitelist": "limit-allowlist",
};
const snippets = ["configuration-snippet", "server-snippet"] as const;

/** An annotation that cannot be read. Upstream leaves the whole Ingress out then, and its webhook refuses it. */
export class AnnotationError extends Error {}

/** Throws AnnotationError with upstream's words. Empty values and unknown annotations count as absent. */
export function readSettings(ingress: Ingress, options: { allowSnippets: boolean }): Settings {
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(ingress.metadata.annotations ?? {})) {
    if (!key.startsWith(annotationPrefix) || value === "") continue;
    const written = key.slice(annotationPrefix.length);
    const name = aliases[written] ?? written;
    if (!Object.hasOwn(annotations, name)) continue;
    const parsed = annotations[name as keyof Settings].safeParse(value);
    if (!parsed.success) throw new AnnotationError(`annotation ${key} contains invalid value`);
    settings[name] = parsed.data;
  }
  if (!options.allowSnippets) for (const name of snippets) delete settings[name];
  return settings as Settings;
}
