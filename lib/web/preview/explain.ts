import type { ServerResponse, OutgoingHttpHeaders } from "node:http";

export interface Explanation {
  status: number;
  title: string;
  /** Sentences, each a paragraph. */
  words: string[];
  /** What helps, as commands for the terminal. */
  commands?: string[];
}

/** A page in words where a lab's server gives none. It needs no script, and follows the browser's theme. */
export function explain(
  response: ServerResponse,
  { status, title, words, commands = [] }: Explanation,
  headers: OutgoingHttpHeaders,
): void {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${words.map((text) => `<p>${escape(text)}</p>`).join("\n")}
${commands.length > 0 ? `<pre tabindex="0" aria-label="Commands that help">${commands.map(escape).join("\n")}</pre>` : ""}
</main>
</body>
</html>
`;
  response.writeHead(status, {
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

const style = `
:root { color-scheme: light dark; --bg: #f6f9fa; --ink: #142026; --muted: #47555c; --sunken: #e9eff1; }
@media (prefers-color-scheme: dark) { :root { --bg: #0c1216; --ink: #e7edf0; --muted: #a5b3ba; --sunken: #182127; } }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.6 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 12vh 1.25rem 2rem; }
h1 { font-size: 1.25rem; margin: 0 0 .75rem; }
p { margin: 0 0 .75rem; color: var(--muted); overflow-wrap: anywhere; }
pre { background: var(--sunken); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; font-size: 13px; }
`;

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
