import type { Clock } from "@/lib/core/clock";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { AttachServer } from "../engine/attach-server";
import type { DockerEngine } from "../engine/engine";
import { DockerError } from "../engine/docker-error";

export interface DockerCall {
  session: AgentSession;
  engine: DockerEngine;
  attachments: AttachServer;
  clock: Clock;
  /** "docker run": as the command is named in its errors. */
  name: string;
}

/** One of docker's commands; `argv` is what follows its name. A number is what the process exits with. */
export type DockerCommand = (call: DockerCall, argv: string[]) => Promise<number | void>;

/** Ends the command as docker does for arguments that are too few. */
export function needArguments(
  { session, name }: DockerCall,
  words: string[],
  least: number,
  most = Infinity,
): void {
  if (words.length >= least && words.length <= most) return;
  const many = (count: number) => `${count} argument${count === 1 ? "" : "s"}`;
  const rule =
    least === most
      ? least === 0
        ? "accepts no arguments"
        : `requires exactly ${many(least)}`
      : words.length < least
        ? `requires at least ${many(least)}`
        : `requires at most ${many(most)}`;
  session.fail(1, `"${name}" ${rule}.`, `See '${name} --help'.`);
}

/** Does it for each word; goes on past those that fail, says why, and gives the exit code. */
export async function forEach(
  { session }: DockerCall,
  words: string[],
  work: (word: string) => Promise<void>,
): Promise<number> {
  let failed = false;
  for (const word of words) {
    try {
      await work(word);
      session.printOut(word);
    } catch (failure) {
      if (!(failure instanceof DockerError)) throw failure;
      session.print(`Error response from daemon: ${failure.message}`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}
