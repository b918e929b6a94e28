import { nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { Condition, Typed } from "../types";

type ComponentStatus = Typed<{ conditions?: (Condition & { error?: string })[] }>;

const healthy = ({ conditions }: ComponentStatus) =>
  (conditions ?? []).find(({ type }) => type === "Healthy");

export const componentStatus = defineKind<ComponentStatus>("", "ComponentStatus", {
  columns: [
    nameColumn(),
    text("Status", (object) => {
      const status = healthy(object)?.status;
      return status === "True" ? "Healthy" : status === "False" ? "Unhealthy" : "Unknown";
    }),
    text("Message", (object) => healthy(object)?.message ?? ""),
    text("Error", (object) => healthy(object)?.error ?? ""),
  ],
});
