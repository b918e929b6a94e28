import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { Typed } from "../types";
import { immutable, invalidEach, required } from "../validation/errors";
import { dnsLabel } from "../validation/names";

type RuntimeClass = Typed<{ handler: string; overhead?: object; scheduling?: object }>;

export const runtimeClass = defineKind<RuntimeClass>("node.k8s.io", "RuntimeClass", {
  columns: [nameColumn(), text("Handler", ({ handler }) => handler), ageColumn()],
  validate: ({ handler }) =>
    handler ? invalidEach("handler", handler, dnsLabel(handler)) : [required("handler")],
  validateUpdate: (object, old) => immutable("handler", object.handler, old.handler),
});
