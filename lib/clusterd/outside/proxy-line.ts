import type { Socket } from "node:net";

/** As long as the longest line of the PROXY protocol's version 1. */
const lineBytesMax = 107;
const lineTimeoutMs = 10_000;

/**
 * Reads the line of the PROXY protocol (version 1, haproxy's doc/proxy-protocol.txt) that a connection begins with, and nothing
 * after it. Resolves with the address that was connected to; undefined when there is no such line, or not in time.
 */
export async function readProxyLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let line = Buffer.alloc(0);
    const finish = (address: string | undefined) => {
      clearTimeout(timer);
      socket.off("readable", read);
      socket.off("close", lost);
      resolve(address);
    };
    const lost = () => finish(undefined);
    const read = () => {
      const got = socket.read() as Buffer | null;
      if (got === null) return;
      line = Buffer.concat([line, got]);
      const end = line.indexOf("\r\n");
      if (end < 0 && line.length < lineBytesMax) return;
      const address = /^PROXY TCP4 [\d.]+ ([\d.]+) \d+ \d+$/.exec(
        line.subarray(0, end).toString("latin1"),
      )?.[1];
      if (line.length > end + 2) socket.unshift(line.subarray(end + 2));
      finish(address);
    };
    const timer = setTimeout(lost, lineTimeoutMs);
    socket.on("readable", read);
    socket.once("close", lost);
  });
}
