import { defineConfig } from "prisma/config";

/** For the Prisma command line only; the product reads its own configuration (lib/config) and applies migrations itself. */
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://localhost/examctl" },
});
