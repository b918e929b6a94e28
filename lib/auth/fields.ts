import { z } from "zod";
import { role } from "./roles";

/** Named fields that the forms, the actions and the command line share. */

export const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?$/, "Use 1 to 40 lower-case letters, digits, dots or dashes.");

export const password = z
  .string()
  .min(10, "Use at least 10 characters.")
  .max(200, "Use at most 200 characters.");

export const displayName = z.string().trim().min(1, "Enter a name.").max(80, "Use at most 80 characters.");

export const email = z.preprocess(
  (value) => (value === "" ? undefined : value),
  z.email("Enter an e-mail address, or leave this empty.").max(200).toLowerCase().optional(),
);

export const newUser = z.object({ username, name: displayName, email, role, password });
export type NewUser = z.infer<typeof newUser>;
