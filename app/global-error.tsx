"use client";

/** Shown when even the frame of the pages failed, so it depends on nothing. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body style={{ fontFamily: "system-ui, sans-serif", padding: "15vh 1.5rem", textAlign: "center" }}>
        <h1 style={{ fontSize: "1.4rem" }}>examctl could not show this page</h1>
        <p>Your answers and your lab are safe. Try again in a moment.</p>
        <button type="button" onClick={reset} style={{ padding: "0.5rem 1rem" }}>
          Try again
        </button>
      </body>
    </html>
  );
}
