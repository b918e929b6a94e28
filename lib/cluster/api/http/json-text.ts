/** JSON, or its pieces in their order: to make one text of a list of a megabyte would take longer than all else. */
export type JsonText = string | readonly string[];

/** `head[item,item,...]tail` in pieces. */
export function arrayText(head: string, items: readonly string[], tail: string): JsonText {
  return [`${head}[`, ...items.map((item, at) => (at === 0 ? item : `,${item}`)), `]${tail}`];
}

export const wholeText = (text: JsonText): string => (typeof text === "string" ? text : text.join(""));

export function bytesOf(text: JsonText): Buffer {
  if (typeof text === "string") return Buffer.from(text);
  let length = 0;
  for (const piece of text) length += Buffer.byteLength(piece);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of text) at += bytes.write(piece, at);
  return bytes;
}
