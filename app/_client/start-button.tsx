"use client";

import { useTransition, type ReactNode } from "react";
import { toast } from "sonner";
import { startAttemptAction } from "@/app/_actions/attempts";
import { Button } from "@/app/_ui/button";

/** Starts an attempt and goes to it. */
export function StartButton({
  labId,
  title,
  mode,
  variant,
  label = mode === "PRACTICE" ? `Practice ${title}` : `${title} under exam conditions`,
  children,
}: {
  labId: string;
  title: string;
  mode: "PRACTICE" | "EXAM";
  variant: "primary" | "ghost" | "secondary";
  /** Its name for those who do not see the page: holds the words that the others see. */
  label?: string;
  children: ReactNode;
}) {
  const [busy, start] = useTransition();
  return (
    <Button
      variant={variant}
      busy={busy}
      aria-label={label}
      title={mode === "EXAM" ? "No hints and no checks until you submit" : undefined}
      onClick={() =>
        start(async () => {
          const result = await startAttemptAction({ labId, mode });
          if (!result.ok) toast.error(result.error);
        })
      }
    >
      {children}
    </Button>
  );
}
