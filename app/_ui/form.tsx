"use client";

import type { ReactNode } from "react";

/** Hands over what was entered. Unlike a form's `action`, it keeps the fields as they are: a refusal loses nothing. */
export function Form({ onSend, children }: { onSend: (form: FormData) => void; children: ReactNode }) {
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(new FormData(event.currentTarget));
      }}
    >
      {children}
    </form>
  );
}
