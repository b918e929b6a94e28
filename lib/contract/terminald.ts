import { z } from "zod";
import { defineRpc } from "@/lib/rpc/contract";
import { dnsLabel, empty, labId } from "./fields";

export const terminalSession = z.object({
  sessionId: z.string(),
  labId,
  node: dnsLabel,
  title: z.string(),
  state: z.enum(["running", "exited", "lost"]),
  exitCode: z.number().int().optional(),
  createdAtMs: z.number(),
  cols: z.number().int(),
  rows: z.number().int(),
  /** Bytes of output so far. */
  offset: z.number().int(),
});
export type TerminalSession = z.infer<typeof terminalSession>;

/**
 * terminald keeps terminal sessions. Browsers reach one by WebSocket (lib/contract/terminal-frames.ts) at
 * `GET /session/<id>` on the same unix socket (`?readonly=1` only watches); web checks the ticket and passes the connection on unread.
 */
export const terminaldRpc = defineRpc({
  methods: {
    health: { input: empty, output: z.object({ pid: z.number(), sessions: z.number() }) },
    /** Opens a shell on a node of a running lab. At most 8 a lab: `exhausted` past that. */
    "session.open": {
      input: z.object({
        labId,
        node: dnsLabel,
        cols: z.number().int().min(2).max(500).default(80),
        rows: z.number().int().min(2).max(300).default(24),
      }),
      output: terminalSession,
    },
    "session.list": { input: z.object({ labId }), output: z.object({ sessions: z.array(terminalSession) }) },
    /** Throws `not-found`. */
    "session.rename": {
      input: z.object({ sessionId: z.string(), title: z.string().trim().min(1).max(60) }),
      output: terminalSession,
    },
    "session.close": { input: z.object({ sessionId: z.string() }), output: empty },
    /** Sends everybody away from the sessions of a lab; the shells go on. Who may come back is web's to say. */
    "lab.cut": { input: z.object({ labId }), output: empty },
    /** Ends the sessions of a lab and keeps their recordings. Safe to repeat. */
    "lab.close": { input: z.object({ labId }), output: empty },
    /** Recordings of a lab, running or not. */
    "recording.list": {
      input: z.object({ labId }),
      output: z.object({
        recordings: z.array(
          z.object({ sessionId: z.string(), title: z.string(), bytes: z.number(), startedAtMs: z.number() }),
        ),
      }),
    },
    "recording.remove": { input: z.object({ labId }), output: empty },
  },
  streams: {
    /** The asciicast v2 of a session from its first byte to now; the stream ends there. */
    recording: { input: z.object({ sessionId: z.string() }), reply: z.object({ bytes: z.number() }) },
  },
});
export type TerminaldRpc = typeof terminaldRpc;
