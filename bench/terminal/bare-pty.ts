import { spawn } from "node-pty";
import type { TerminalProbe } from "./probe";

/** The floor: a shell on a PTY of this very process. */
export function barePty(): TerminalProbe {
  const pty = spawn("/bin/bash", ["--norc", "--noprofile"], {
    name: "xterm-256color",
    cols: 80,
    rows: 24,
    encoding: null,
  });
  const probe: TerminalProbe = {
    name: "bare PTY",
    write: (text) => pty.write(text),
    onOutput: () => undefined,
    close: async () => pty.kill("SIGKILL"),
  };
  pty.onData((data) => probe.onOutput(data as unknown as Buffer));
  return probe;
}
