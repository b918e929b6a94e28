import type { KubeObject } from "../kind";

/** One case that must be refused: what is changed in the valid sample, and the error that must come. */
export interface BadCase {
  name: string;
  /** Path in the object ("spec.ports.0.port") -> value; undefined takes the field away. */
  change: Record<string, unknown>;
  field: string;
  message: RegExp | string;
}

export interface Sample {
  group: string;
  kind: string;
  object: Record<string, unknown>;
  /** Fields that upstream stores though the sample does not give them. */
  defaults?: Record<string, unknown>;
  invalid?: BadCase[];
  /** Changes of a stored object that must be refused, and some that must pass. */
  updates?: (BadCase | { name: string; change: Record<string, unknown>; allowed: true })[];
  /** Cells of the table, by column. */
  cells?: Record<string, unknown>;
}

/** The sample as an object of its kind, with a name, and a namespace where it needs one. */
export function sampleObject(sample: Sample, version: string, namespaced: boolean): KubeObject {
  const { metadata, ...rest } = structuredClone(sample.object) as { metadata?: object };
  return {
    apiVersion: sample.group ? `${sample.group}/${version}` : version,
    kind: sample.kind,
    metadata: { name: "sample", ...(namespaced ? { namespace: "default" } : {}), ...metadata },
    ...rest,
  } as KubeObject;
}
