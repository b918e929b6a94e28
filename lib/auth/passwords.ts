import { hash, verify } from "@node-rs/argon2";

/** argon2id with OWASP's parameters for servers: 19 MiB, two passes, one lane; about 25 ms. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

let decoy: Promise<string> | undefined;

/**
 * True when the password is that of `storedHash`. With no stored hash it does the same work and says no, so that the
 * time of an answer does not tell which accounts exist.
 */
export async function verifyPassword(storedHash: string | undefined, password: string): Promise<boolean> {
  if (storedHash !== undefined) return verify(storedHash, password);
  decoy ??= hashPassword("no account has this password");
  await verify(await decoy, password);
  return false;
}
