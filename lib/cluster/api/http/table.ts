import type { KubeObject, PrinterColumn } from "@/lib/cluster/resources/kind";
import type { ServedKind } from "../registry/registry";
import { arrayText, type JsonText } from "./json-text";

export interface TableOptions {
  includeObject: "None" | "Metadata" | "Object";
  nowMs: number;
}

const nameDescription =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

/** `columnDefinitions` of a kind's table, as JSON. */
export function columnsJson(kind: ServedKind): string {
  return JSON.stringify(
    (kind.columns ?? []).map(({ name, type, format, description, priority }: PrinterColumn) => ({
      name,
      type,
      format: format ?? (name === "Name" ? "name" : ""),
      description: description ?? (name === "Name" ? nameDescription : ""),
      priority: priority ?? 0,
    })),
  );
}

/** One row, as JSON. A cell that cannot be computed shows as `<unknown>` and does not spoil the list. */
export function rowJson(
  kind: ServedKind,
  object: KubeObject,
  options: TableOptions,
  metadataJson: string,
): string {
  const cells = (kind.columns ?? []).map((column) => {
    try {
      return column.cell(object, options);
    } catch {
      return "<unknown>";
    }
  });
  return `{"cells":${JSON.stringify(cells)},"object":${rowObject(object, options, metadataJson)}}`;
}

function rowObject(object: KubeObject, { includeObject }: TableOptions, metadataJson: string): string {
  if (includeObject === "None") return "null";
  return includeObject === "Object" ? JSON.stringify(object) : partialJson(metadataJson);
}

export function partialJson(metadataJson: string): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadataJson}}`;
}

export function tableJson(metadata: object, columns: string, rows: string[]): JsonText {
  const head = `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns}`;
  return arrayText(`${head},"rows":`, rows, "}");
}
