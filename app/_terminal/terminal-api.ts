import type { TerminalSession } from "@/lib/contract/terminald";

/** A refusal of the server, with its sentence. `retryable`: trying again may help. */
export class TerminalApiError extends Error {
  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/** The calls of one attempt's terminals; `watch` for a grader who looks on. Each throws TerminalApiError. */
export interface TerminalApi {
  list(): Promise<TerminalSession[]>;
  open(node: string, size: { cols: number; rows: number }): Promise<TerminalSession>;
  rename(sessionId: string, title: string): Promise<TerminalSession>;
  close(sessionId: string): Promise<void>;
  /** Address of a WebSocket that can be opened once, soon. */
  socketUrl(sessionId: string): Promise<string>;
}

export function terminalApi(attemptId: string, watch = false): TerminalApi {
  const sessions = "/api/terminal/sessions";
  return {
    list: async () => {
      const query = new URLSearchParams({ attemptId, ...(watch ? { watch: "1" } : {}) });
      return (await call<{ sessions: TerminalSession[] }>("GET", `${sessions}?${query}`)).sessions;
    },
    open: (node, size) => call("POST", sessions, { attemptId, node, ...size }),
    rename: (sessionId, title) => call("PATCH", `${sessions}/${sessionId}`, { attemptId, title }),
    close: (sessionId) => call("DELETE", `${sessions}/${sessionId}`, { attemptId }),
    socketUrl: async (sessionId) => {
      const { ticket } = await call<{ ticket: string }>("POST", "/api/terminal/ticket", {
        attemptId,
        sessionId,
        watch,
      });
      const url = new URL(`/ws/terminal?ticket=${encodeURIComponent(ticket)}`, location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      return url.href;
    },
  };
}

async function call<T>(method: string, url: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new TerminalApiError("The server cannot be reached.", true);
  }
  const value = (await response.json().catch(() => ({}))) as T & { error?: { message?: string } };
  if (response.ok) return value;
  throw new TerminalApiError(
    value.error?.message ?? `The server answered ${response.status}.`,
    response.status >= 500 || response.status === 429,
  );
}
