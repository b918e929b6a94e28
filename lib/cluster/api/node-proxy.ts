import type { Duplex } from "node:stream";
import type { KubeObject } from "@/lib/cluster/resources/kind";

/** How many columns and rows a terminal has. */
export interface TerminalSize {
  cols: number;
  rows: number;
}

export interface ExecRequest {
  pod: KubeObject;
  container: string;
  /** Absent for attach. */
  command?: string[];
  tty: boolean;
  stdin: boolean;
}

/** A command in a container. All callbacks may be set once, before the first await after `exec` resolved. */
export interface ExecSession {
  write(stdin: Buffer): void;
  closeStdin(): void;
  resize(size: TerminalSize): void;
  /** Ends the command. */
  close(): void;
  onOutput(handler: (stream: "stdout" | "stderr", bytes: Buffer) => void): void;
  /** Once: the exit code, or a sentence when the runtime could not run it. */
  onExit(handler: (exit: { exitCode: number; error?: string }) => void): void;
  /** Flow control: stop and go on reading the command's output. */
  pause(): void;
  resume(): void;
}

export interface LogRequest {
  pod: KubeObject;
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  sinceMs?: number;
  tailLines?: number;
  limitBytes?: number;
}

/**
 * What a kubelet does for its API server. The host implements it (clusterd wires it to labd); without one, these
 * subresources answer as a cluster whose kubelet cannot be reached. Failures are AppErrors or ApiStatusErrors.
 */
export interface NodeProxy {
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  attach(request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  /** The container's output as plain text, already cut and stamped as the request says. */
  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** A connection to a port of the pod, made inside its network namespace. */
  dialPod(pod: KubeObject, port: number, signal: AbortSignal): Promise<Duplex>;
  /** A connection to an address as the API server's node sees it (service proxy, webhooks, APIServices). */
  dial(address: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** GET nodes/<name>/proxy/<path>: the kubelet's own API. */
  nodeRequest(
    node: KubeObject,
    request: { method: string; path: string; query: string },
    signal: AbortSignal,
  ): Promise<{ status: number; contentType: string; body: Buffer }>;
}
