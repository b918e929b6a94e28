import { AppError } from "@/lib/core/app-error";

const words: Record<string, string> = {
  refused: "connect: connection refused",
  unreachable: "connect: no route to host",
  timeout: "i/o timeout",
};

/** How Go's net package names a dial that failed: "dial tcp 10.0.0.1:80: connect: connection refused". */
export function dialErrorText(address: string, failure: unknown): string {
  const error = AppError.from(failure);
  return `dial tcp ${address}: ${words[error.code] ?? `connect: ${error.message.toLowerCase()}`}`;
}

export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
