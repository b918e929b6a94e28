import type { Socket } from "node:net";

/** Bytes both ways, each side no faster than the other reads; when one is gone the other goes too. */
export function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => from.destroy());
    from.on("close", () => to.destroySoon());
    from.pipe(to);
  }
}
