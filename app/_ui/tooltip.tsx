"use client";

import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

export const TooltipProvider = Radix.Provider;

/** A short explanation of a control that shows only an icon; `keys` names its shortcut. */
export function Tooltip({ text, keys, children }: { text: string; keys?: string; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={6}
          className="animate-enter z-50 flex items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs text-bg"
        >
          {text}
          {keys ? <kbd className="font-mono opacity-75">{keys}</kbd> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
