import { z } from "zod";
import { AppError } from "@/lib/core/app-error";

export const role = z.enum(["STUDENT", "ADMIN", "GRADER"]);
export type Role = z.infer<typeof role>;

/** Who asks. Use cases take one and decide; nothing below the pages trusts a caller's word for a role. */
export interface Actor {
  userId: string;
  username: string;
  name: string;
  role: Role;
}

/** Admins may do what graders may: in a small school they are the same person. */
export function hasRole(actor: Actor, ...roles: Role[]): boolean {
  return roles.includes(actor.role) || (actor.role === "ADMIN" && roles.includes("GRADER"));
}

/** Throws `forbidden`. */
export function requireRole(actor: Actor, ...roles: Role[]): void {
  if (!hasRole(actor, ...roles))
    throw new AppError("forbidden", "Your account may not do this. Ask an administrator of this server.");
}
