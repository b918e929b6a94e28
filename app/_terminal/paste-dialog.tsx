"use client";

import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";

const linesWithoutQuestion = 5;

/** Lines run as they arrive unless the program asked for bracketed paste; many lines are rarely meant. */
export function needsQuestion(text: string, bracketedPaste: boolean): boolean {
  const lines = countLines(text);
  return lines > (bracketedPaste ? linesWithoutQuestion : 1);
}

export function PasteDialog({
  text,
  onAnswer,
}: {
  text: string | undefined;
  /** The text to paste, or undefined. */
  onAnswer: (text: string | undefined) => void;
}) {
  return (
    <Dialog
      open={text !== undefined}
      onOpenChange={(open) => {
        if (!open) onAnswer(undefined);
      }}
      title={`Paste ${countLines(text ?? "")} lines?`}
      description="The shell may run each line as it arrives."
    >
      <pre
        tabIndex={0}
        aria-label="Text to paste"
        className="max-h-56 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap"
      >
        {(text ?? "").slice(0, 4_000)}
        {(text ?? "").length > 4_000 ? "\n…" : ""}
      </pre>
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button onClick={() => onAnswer(undefined)}>Cancel</Button>
        <Button onClick={() => onAnswer(oneLine(text ?? ""))}>Paste as one line</Button>
        <Button variant="primary" autoFocus onClick={() => onAnswer(text)}>
          Paste
        </Button>
      </div>
    </Dialog>
  );
}

function countLines(text: string): number {
  return text.replace(/[\r\n]+$/, "").split(/\r\n|\r|\n/).length;
}

function oneLine(text: string): string {
  return text
    .replace(/\\\s*[\r\n]+\s*/g, " ") // shell continuation lines
    .replace(/\s*[\r\n]+\s*/g, " ")
    .trim();
}
