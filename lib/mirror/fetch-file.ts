import { createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@/lib/core/app-error";

const bytesMax = 256 << 20;

/** Downloads what the real world has behind `url`. Throws `unavailable` with the reason, `exhausted` for more than 256 MB. */
export async function fetchFile(url: string, path: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((cause: Error) => {
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new AppError("unavailable", `${url} cannot be fetched: ${reason}. Give the file itself instead.`, {
      cause,
    });
  });
  if (!response.ok || !response.body)
    throw new AppError(
      "unavailable",
      `${url} cannot be fetched: it answers ${response.status} ${response.statusText}.`,
    );
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new AppError("exhausted", `${url} has more than ${bytesMax >> 20} MB.`));
      else done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body as never), limit, createWriteStream(path));
}
