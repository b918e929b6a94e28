const letters = "abcdefghjkmnpqrstuvwxyz23456789";

/** Four groups of four, easy to read out: about 79 bits. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(64));
  const picked = [...bytes].filter((byte) => byte < 248).map((byte) => letters[byte % letters.length]!);
  return [0, 4, 8, 12].map((start) => picked.slice(start, start + 4).join("")).join("-");
}
