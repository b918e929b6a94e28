import { z } from "zod";
import { defineRpc } from "@/lib/rpc/contract";
import { empty } from "./fields";

export const processStatus = z.object({
  name: z.string(),
  state: z.enum(["waiting", "starting", "ready", "restarting", "failed", "stopped"]),
  pid: z.number().int().optional(),
  restarts: z.number().int(),
  /** From its (latest) start until it answered. */
  readyAfterMs: z.number().optional(),
  /** Why it is not ready, in words, with the end of its log. */
  error: z.string().optional(),
});
export type ProcessStatus = z.infer<typeof processStatus>;

/** The process that `examctl up` leaves behind: it starts the others, watches them and stops them in reverse order. */
export const supervisorRpc = defineRpc({
  methods: {
    status: {
      input: empty,
      output: z.object({
        pid: z.number(),
        startedAtMs: z.number(),
        url: z.string(),
        processes: z.array(processStatus),
      }),
    },
    /** Stops one process and keeps it stopped; answers when it has ended. Throws `not-found`. */
    hold: { input: z.object({ name: z.string() }), output: empty },
    /** Starts a held process again; `status` tells how it goes. Of another one: nothing. */
    release: { input: z.object({ name: z.string() }), output: empty },
    /** Answers when everything has stopped. */
    stop: { input: empty, output: empty },
  },
  streams: {},
});
