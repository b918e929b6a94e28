import { randomBytes } from "node:crypto";

const alphabet = "23456789abcdefghjkmnpqrstuvwxyz"; // no 0/o, 1/l/i: ids are read aloud in class rooms

/** A random id of `length` characters, about 4.95 bits each; lower case, so it fits host and interface names. */
export function randomId(length = 20): string {
  let id = "";
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && id.length < length) id += alphabet[byte % alphabet.length];
    }
  }
  return id;
}
