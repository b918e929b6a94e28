import { resolve } from "node:path";
import type { Command } from "commander";
import { readConfig, type Config } from "@/lib/config";
import { createOutput, type Output } from "./output";

export interface CommandContext {
  config: Config;
  output: Output;
}

/** What the global options of a command (--json, --data-dir) make of its context. */
export function contextOf(command: Command): CommandContext {
  const options = command.optsWithGlobals<{ json?: boolean; dataDir?: string }>();
  const env = options.dataDir ? { ...process.env, EXAMCTL_DATA_DIR: resolve(options.dataDir) } : process.env;
  return { config: readConfig(env), output: createOutput(options.json ?? false) };
}
