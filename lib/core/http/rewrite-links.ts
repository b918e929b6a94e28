/** Attributes that hold URLs, by tag (apimachinery 1.34 pkg/util/proxy/transport.go). */
const urlAttributes: Record<string, string[]> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

export interface ProxyPlace {
  /** What stands before the server's own path: "/api/v1/namespaces/default/services/web/proxy". */
  prefix: string;
  /** Hosts that mean the server itself: as the client calls the proxy, and as the proxy calls the backend. */
  hosts: string[];
}

/** A URL as the server writes it, so that it leads back through the proxy; others' and relative ones stay as they are. */
export function rewriteUrl(url: string, { prefix, hosts }: ProxyPlace): string {
  const [, scheme = "", host = "", rest = ""] =
    /^([a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^]*)$/i.exec(url) ?? [];
  if ((scheme && !host) || (host && !hosts.includes(host)) || !rest.startsWith("/")) return url;
  // The client's own name for the server may stay in it.
  const origin = host && host === hosts[0] ? `${scheme}//${host}` : "";
  return rest.startsWith(prefix) ? origin + rest : `${origin}${prefix}${rest}`;
}

const comment = /<!--[^]*?(?:-->|$)/.source;
const rawText = /(<(script|style|textarea|title)\b[^>]*>)([^]*?)(?=<\/\2\b|$)/.source;
const startTag = /<[a-z][a-z0-9]*(?:[^>"']|"[^"]*"|'[^']*')*>/.source;
const pieces = new RegExp(`${comment}|${rawText}|${startTag}`, "gi");
const attribute = /([^\s"'=<>/]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g;

/** The links of a page; text, comments, scripts and styles stay as they are. */
export function rewriteHtml(html: string, place: ProxyPlace): string {
  return html.replace(
    pieces,
    (piece, opening: string | undefined, _tag: string, text: string | undefined) => {
      if (piece.startsWith("<!--")) return piece;
      return opening === undefined ? tag(piece, place) : tag(opening, place) + (text ?? "");
    },
  );
}

function tag(text: string, place: ProxyPlace): string {
  const name = /^<([a-z0-9]+)/i.exec(text)?.[1]?.toLowerCase() ?? "";
  const attributes = Object.hasOwn(urlAttributes, name) ? urlAttributes[name]! : undefined;
  if (!attributes) return text;
  return text.replace(attribute, (whole, key: string, equals: string, value: string) => {
    if (!attributes.includes(key.toLowerCase())) return whole;
    const quote = /^["']/.exec(value)?.[0] ?? "";
    const url = quote ? value.slice(1, -1) : value;
    return `${key}${equals}${quote}${rewriteUrl(url, place)}${quote}`;
  });
}
