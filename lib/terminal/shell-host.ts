import type { Duplex } from "node:stream";

/** Names one shell; `node` is a host name in the lab, `shellId` ours. */
export interface ShellRef {
  labId: string;
  node: string;
  shellId: string;
}

export interface ShellAttachment {
  /** Offset of the first byte that `stream` yields. */
  offset: number;
  /** The shell was new. */
  created: boolean;
  /** Raw PTY bytes both ways; arrives paused. */
  stream: Duplex;
}

/** Where shells live. terminald implements it with labd's RPC; every call throws AppError. */
export interface ShellHost {
  attach(
    shell: ShellRef,
    options: { fromOffset: number; cols: number; rows: number },
  ): Promise<ShellAttachment>;
  resize(shell: ShellRef, cols: number, rows: number): Promise<void>;
  /** undefined: the node knows no such shell. Throws `not-found` when the node or lab is gone. */
  status(shell: ShellRef): Promise<{ running: boolean; exitCode?: number } | undefined>;
  close(shell: ShellRef): Promise<void>;
}
