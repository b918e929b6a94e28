import { z } from "zod";
import type { Addon } from "../addon";
import type { AgentPrograms } from "../agents/agent-session";
import { metricsServerObjects } from "./objects";
import { runMetricsServer } from "./server/run-metrics-server";

const options = z
  .object({
    release: z
      .string()
      .regex(/^0\.[678]\.\d+$/)
      .default("0.8.1"),
    kubeletInsecureTls: z.boolean().default(true),
  })
  .strict();

/** metrics-server: `kubectl top` and horizontal autoscaling by what pods really use. */
export const metricsServer: Addon<z.infer<typeof options>> = {
  name: "metrics-server",
  parse: (value) => options.parse(value),
  objects: (_, value) => metricsServerObjects(value),
};

export const metricsServerPrograms: AgentPrograms = { "metrics-server": runMetricsServer };
