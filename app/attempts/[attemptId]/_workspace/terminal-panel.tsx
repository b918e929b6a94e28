"use client";

import { SquareTerminal } from "lucide-react";
import dynamic from "next/dynamic";
import type { NodeRole } from "@/lib/contract/environment";

/** The terminal is large and needs a browser: it is loaded when it is shown. */
const TerminalPane = dynamic(
  () => import("@/app/_terminal/terminal-pane").then((module) => module.TerminalPane),
  {
    ssr: false,
    loading: () => (
      <div role="status" className="grid h-full place-items-center text-sm text-muted">
        <span className="flex items-center gap-2">
          <SquareTerminal className="size-4 animate-pulse" aria-hidden /> Opening the terminal
        </span>
      </div>
    ),
  },
);

export function TerminalPanel({
  attemptId,
  nodes,
  watch,
}: {
  attemptId: string;
  nodes: { name: string; role: NodeRole }[];
  /** A grader looks on. */
  watch?: boolean;
}) {
  return (
    <section aria-label="Terminal" data-terminal className="h-full bg-terminal">
      <TerminalPane attemptId={attemptId} nodes={nodes} watch={watch} />
    </section>
  );
}
