import { z } from "zod";
import { defineRpc } from "@/lib/rpc/contract";
import { clusterdRpc } from "@/lib/contract/clusterd";
import { empty, labId } from "@/lib/contract/fields";

/** What clusterd's main process asks of a shard, over the shard's own socket. */
export const shardRpc = defineRpc({
  methods: {
    /** Starts or resumes the lab whose folder is on disk, or goes on stopping it. Answers at once; safe to repeat. */
    "lab.run": { input: z.object({ labId }), output: empty },
    "lab.status": clusterdRpc.methods["lab.status"],
    "lab.stop": clusterdRpc.methods["lab.stop"],
    "lab.freeze": clusterdRpc.methods["lab.freeze"],
    "check.run": clusterdRpc.methods["check.run"],
  },
  streams: {},
});
export type ShardRpc = typeof shardRpc;

/** Sent by a shard to its parent over the fork's channel, every second and when it is ready. */
export const shardHeartbeat = z.object({
  type: z.enum(["ready", "heartbeat"]),
  labs: z.number(),
  rssBytes: z.number(),
});
export type ShardHeartbeat = z.infer<typeof shardHeartbeat>;
