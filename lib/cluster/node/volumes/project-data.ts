import type { KeyToPath, Pod, Volume } from "@/lib/cluster/resources/types";
import { fieldOf, resourceOf, type PodReferences } from "../environment";

/** A file below a projection's root. */
export interface ProjectedFile {
  path: string;
  content: string | Buffer;
  mode: number;
}

/** Adds what a volume shows of a ConfigMap or Secret (kubernetes 1.34 pkg/volume/configmap: MakePayload). */
export function addData(
  files: ProjectedFile[],
  source: { name?: string; items?: KeyToPath[]; optional?: boolean },
  isSecret: boolean,
  mode: number,
  references: PodReferences,
  fail: (message: string) => never,
): void {
  const name = source.name ?? "";
  const object = isSecret ? references.secret(name) : references.configMap(name);
  if (!object) {
    if (source.optional) return;
    fail(`${isSecret ? "secret" : "configmap"} "${name}" not found`);
  }
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object?.data ?? {}))
    data.set(key, Buffer.from(value, isSecret ? "base64" : "utf8"));
  if (object && !isSecret && "binaryData" in object)
    for (const [key, value] of Object.entries(object.binaryData ?? {}))
      data.set(key, Buffer.from(value, "base64"));
  const items: KeyToPath[] = source.items ?? [...data.keys()].map((key) => ({ key, path: key }));
  for (const item of items) {
    const content = data.get(item.key);
    if (content) files.push({ path: item.path, content, mode: item.mode ?? mode });
    else if (!source.optional)
      fail(`references non-existent ${isSecret ? "secret" : "config"} key: ${item.key}`);
  }
}

type DownwardItems = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>;

export function addDownward(
  files: ProjectedFile[],
  pod: Pod,
  items: DownwardItems,
  mode: number,
  references: PodReferences,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const content = fieldRef
      ? fieldOf(pod, fieldRef.fieldPath, references)
      : resourceFieldRef
        ? resourceOf(pod, pod.spec.containers[0]!, resourceFieldRef, references)
        : "";
    files.push({ path, content, mode: own ?? mode });
  }
}
