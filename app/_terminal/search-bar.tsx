"use client";

import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useState } from "react";

/** Searches the scrollback; Enter goes on upwards from the newest match, Escape ends. */
export function SearchBar({
  find,
  onClose,
}: {
  find: (text: string, direction: "next" | "previous", incremental?: boolean) => boolean;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(true);
  const go = (direction: "next" | "previous") => setFound(text === "" || find(text, direction));
  const button = "grid size-8 place-items-center rounded-md text-muted hover:bg-surface hover:text-ink";
  return (
    <form
      role="search"
      className="flex shrink-0 items-center gap-1 border-b border-line bg-sunken px-2 py-1"
      onSubmit={(event) => {
        event.preventDefault();
        go("previous");
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onClose();
      }}
    >
      <input
        autoFocus
        type="search"
        aria-label="Search in the terminal"
        placeholder="Search in the terminal"
        value={text}
        onChange={({ target: { value } }) => {
          setText(value);
          setFound(value === "" || find(value, "previous", true));
        }}
        className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-2 text-sm"
      />
      <span role="status" className="min-w-16 text-center text-xs text-muted">
        {found ? "" : "Not found"}
      </span>
      <button type="submit" className={button} aria-label="Previous match">
        <ArrowUp className="size-4" aria-hidden />
      </button>
      <button type="button" className={button} aria-label="Next match" onClick={() => go("next")}>
        <ArrowDown className="size-4" aria-hidden />
      </button>
      <button type="button" className={button} aria-label="End search" onClick={onClose}>
        <X className="size-4" aria-hidden />
      </button>
    </form>
  );
}
