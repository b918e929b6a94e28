import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { ServiceAccount } from "../types";

export const serviceAccount = defineKind<ServiceAccount>("", "ServiceAccount", {
  columns: [nameColumn(), text("Secrets", ({ secrets }) => String(secrets?.length ?? 0)), ageColumn()],
});
