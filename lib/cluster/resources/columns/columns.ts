import type { KubeObject, PrinterColumn } from "../kind";
import { since } from "./duration";

type Cell<T extends KubeObject> = PrinterColumn<T>["cell"];
type Shape = Partial<Pick<PrinterColumn, "priority" | "format" | "description">>;

/** A column; `wide` ones show with -o wide only. */
export function column<T extends KubeObject>(
  name: string,
  type: PrinterColumn["type"],
  cell: Cell<T>,
  shape: Shape = {},
): PrinterColumn<T> {
  return { name, type, priority: 0, ...shape, cell };
}

export const text = <T extends KubeObject>(name: string, cell: Cell<T>, shape?: Shape) =>
  column<T>(name, "string", cell, shape);

export const integer = <T extends KubeObject>(name: string, cell: Cell<T>, shape?: Shape) =>
  column<T>(name, "integer", cell, shape);

export const boolean = <T extends KubeObject>(name: string, cell: Cell<T>, shape?: Shape) =>
  column<T>(name, "boolean", cell, shape);

export const wide = <T extends KubeObject>(name: string, cell: Cell<T>) =>
  text<T>(name, cell, { priority: 1 });

export const nameColumn = <T extends KubeObject>(shape: Shape = {}) =>
  text<T>("Name", (object) => object.metadata.name, { format: "name", ...shape });

export const ageColumn = <T extends KubeObject>() =>
  text<T>("Age", (object, { nowMs }) => since(object.metadata.creationTimestamp, nowMs));

/** The table of kinds that have no printer of their own upstream. */
export const defaultColumns: PrinterColumn[] = [
  nameColumn(),
  column("Created At", "date", (object) => object.metadata.creationTimestamp ?? null),
];
