import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client";

export type Db = PrismaClient;
/** What both a client and the client of an open transaction can do. */
export type DbTransaction = Parameters<Parameters<Db["$transaction"]>[0]>[0];

/** A client with a pool of its own (`connectionsMax` connections, made when first needed). Close it with `$disconnect`. */
export function createDb(databaseUrl: string, connectionsMax = 10): Db {
  return new PrismaClient({
    adapter: new PrismaPg({
      connectionString: databaseUrl,
      max: connectionsMax,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: 10_000,
    }),
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  });
}

/** Prisma's code for "a unique index refused this row". */
export function isUniqueViolation(failure: unknown): boolean {
  return (failure as { code?: unknown } | null)?.code === "P2002";
}
