import type { ExecSession } from "@/lib/cluster/api/node-proxy";
import type { Container } from "@/lib/cluster/resources/types";

/**
 * A client's part in a container's own stdio (kubernetes 1.34, containerd's Attach): how the container ends is not the
 * attachment's failure, and its stdin ends with the client only where the pod says stdinOnce.
 */
export function attachSession(session: ExecSession, container: Container | undefined): ExecSession {
  const endsStdin = container?.stdinOnce === true && !container.tty;
  return {
    ...session,
    closeStdin: () => {
      if (endsStdin) session.closeStdin();
    },
    close: () => {
      if (endsStdin) session.closeStdin();
      session.close();
    },
    onExit: (handler) => session.onExit(({ error }) => handler({ exitCode: 0, ...(error ? { error } : {}) })),
  };
}
