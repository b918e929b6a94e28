import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { AppError } from "@/lib/core/app-error";

export interface FakeTerminald {
  call: (method: string, input: unknown) => Promise<never>;
  open: (stream: string, input: unknown) => Promise<never>;
  /** asciicast text by lab id and session id. */
  recordings: Map<string, Map<string, string>>;
  closed: string[];
  /** Labs whose terminals were cut, in order. */
  cut: string[];
}

/** The calls of terminald that use cases make, in memory. */
export function createFakeTerminald(): FakeTerminald {
  const recordings: FakeTerminald["recordings"] = new Map();
  const closed: string[] = [];
  const cut: string[] = [];
  return {
    recordings,
    closed,
    cut,
    call: async (method, input) => {
      const { labId } = input as { labId: string };
      if (method === "lab.close") {
        closed.push(labId);
        return {} as never;
      }
      if (method === "lab.cut") {
        cut.push(labId);
        return {} as never;
      }
      if (method !== "recording.list") throw new AppError("unsupported", method);
      return {
        recordings: [...(recordings.get(labId) ?? new Map<string, string>())].map(([sessionId, text]) => ({
          sessionId,
          title: "controlplane",
          bytes: text.length,
          startedAtMs: Date.UTC(2026, 0, 1),
        })),
      } as never;
    },
    open: async (_stream, input) => {
      const { sessionId } = input as { sessionId: string };
      for (const sessions of recordings.values()) {
        const text = sessions.get(sessionId);
        if (text === undefined) continue;
        const socket = new Duplex({
          read() {
            this.push(text);
            this.push(null);
          },
          write: (_chunk, _encoding, done) => done(),
        });
        return { reply: { bytes: text.length }, socket: socket as unknown as Socket } as never;
      }
      throw new AppError("not-found", "There is no such recording.");
    },
  };
}
