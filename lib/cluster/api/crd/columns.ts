import { since } from "@/lib/cluster/resources/columns/duration";
import type { PrinterColumn } from "@/lib/cluster/resources/kind";
import type { CustomResourceColumn } from "@/lib/cluster/resources/types";
import { isObject, type Json } from "../json";
import { compileJsonPath } from "./json-path";

const age: CustomResourceColumn = {
  name: "Age",
  type: "date",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.",
  jsonPath: ".metadata.creationTimestamp",
};

/** Name, then what the version declares; Age when it declares nothing. */
export function customColumns(declared: CustomResourceColumn[] | undefined): PrinterColumn[] {
  return [
    { name: "Name", type: "string", format: "name", cell: ({ metadata }) => metadata.name },
    ...(declared?.length ? declared : [age]).map(column),
  ];
}

function column({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: CustomResourceColumn): PrinterColumn {
  const find = compileJsonPath(jsonPath);
  return {
    name,
    type: type as PrinterColumn["type"],
    format,
    description: description ?? "",
    priority,
    cell(object, { nowMs }) {
      const found = find(object as unknown as Json);
      const value = found.length > 1 ? found.map((one) => String(one)).join(",") : found[0];
      if (value === undefined || value === null) return type === "date" ? "<unknown>" : null;
      if (type === "date") return typeof value === "string" ? since(value, nowMs) : "<invalid>";
      if (isObject(value) || Array.isArray(value)) return JSON.stringify(value);
      return type === "string" ? String(value) : value;
    },
  };
}
