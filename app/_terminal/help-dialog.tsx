"use client";

import { Dialog } from "@/app/_ui/dialog";

const rows: [keys: string[], what: string][] = [
  [["Ctrl+Shift+C"], "Copy the selection"],
  [["Shift+drag"], "Select where a program has the mouse to itself"],
  [["Ctrl+Shift+V"], "Paste"],
  [["Ctrl+Shift+F"], "Search in the scrollback"],
  [["Ctrl+Shift+Enter", "Ctrl+Shift+T"], "New terminal (some browsers keep the second for themselves)"],
  [["Alt+1 … Alt+8"], "Go to that terminal"],
  [["Shift+PageUp", "Shift+PageDown"], "Scroll"],
  [["F6", "Ctrl+Shift+Escape"], "Leave the terminal: the focus goes to the controls after it"],
  [["Shift+F6"], "Leave the terminal backwards, to its tabs"],
  [["F2"], "On a tab: rename it. Delete closes it"],
];

/** What the keys do. Tab belongs to the shell, so leaving the terminal has keys of its own. */
export function HelpDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keys of the terminal"
      description="All other keys go to the shell, Tab and Escape among them."
    >
      <dl className="grid gap-x-4 gap-y-2.5 text-sm sm:grid-cols-[auto_1fr]">
        {rows.map(([keys, what]) => (
          <div key={what} className="contents">
            <dt className="flex flex-wrap items-start gap-1.5">
              {keys.map((name) => (
                <kbd
                  key={name}
                  className="rounded-sm border border-line-strong bg-sunken px-1.5 font-mono text-xs leading-5"
                >
                  {name}
                </kbd>
              ))}
            </dt>
            <dd className="text-muted max-sm:mb-2">{what}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-5 text-sm text-muted">
        A reload, another window or a lost connection changes nothing: the shell goes on on its node, and its
        screen comes back as it is.
      </p>
    </Dialog>
  );
}
