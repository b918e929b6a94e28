/** What of a log is wanted. */
export interface LogView {
  timestamps: boolean;
  sinceMs?: number;
  tailLines?: number;
  limitBytes?: number;
}

/**
 * Turns CRI log lines ("TIME stdout F text") into what `kubectl logs` prints. Lines tagged P go on in the next one of
 * their stream. Input chunks may cut lines anywhere.
 */
export async function* plainLog(chunks: AsyncIterable<Uint8Array>, view: LogView): AsyncIterable<Uint8Array> {
  let leftBytes = view.limitBytes ?? Infinity;
  // With `since`, the tail can only be counted here.
  const keepsTail = view.tailLines !== undefined && view.sinceMs !== undefined;
  let tail: Uint8Array[] = [];
  const isContinued = new Map<string, boolean>();
  for await (const line of lines(chunks)) {
    const text = render(line, view, isContinued);
    if (!text) continue;
    if (keepsTail) {
      tail.push(text);
      if (tail.length > view.tailLines!) tail = tail.slice(-view.tailLines!);
      continue;
    }
    yield text.subarray(0, leftBytes);
    leftBytes -= text.length;
    if (leftBytes <= 0) return;
  }
  for (const text of tail) {
    yield text.subarray(0, leftBytes);
    leftBytes -= text.length;
    if (leftBytes <= 0) return;
  }
}

function render(line: Buffer, view: LogView, isContinued: Map<string, boolean>): Buffer | undefined {
  const [first, second, third] = spaces(line);
  if (first === undefined || second === undefined || third === undefined) return undefined;
  const time = line.toString("latin1", 0, first);
  const stream = line.toString("latin1", first + 1, second);
  const tag = line.toString("latin1", second + 1, third);
  if (view.sinceMs !== undefined && Date.parse(time) < view.sinceMs) return undefined;
  const isPart = tag === "P";
  const prefix = view.timestamps && !isContinued.get(stream) ? Buffer.from(`${time} `) : Buffer.alloc(0);
  isContinued.set(stream, isPart);
  return Buffer.concat([prefix, line.subarray(third + 1), isPart ? Buffer.alloc(0) : Buffer.from("\n")]);
}

function spaces(line: Buffer): number[] {
  const found: number[] = [];
  for (let at = line.indexOf(32); at >= 0 && found.length < 3; at = line.indexOf(32, at + 1)) found.push(at);
  return found;
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      yield rest.subarray(0, at);
      rest = rest.subarray(at + 1);
    }
  }
  if (rest.length > 0) yield rest;
}
