export interface Certificate {
  /** "CN=shop.example" (RFC 2253) */
  subject: string;
  issuer: string;
  notBefore: Date;
  notAfter: Date;
  /** Host names and IP addresses of subjectAltName. */
  names: string[];
}

/** Where a certificate is: a file of the node, PEM text, or what a server at "host:port" shows for a host name. */
export type CertificateSource = { file: string } | { pem: string } | { server: string; serverName: string };

const show = [
  ...["openssl", "x509", "-noout", "-subject", "-issuer", "-dates", "-ext", "subjectAltName"],
  ...["-nameopt", "RFC2253", "-dateopt", "iso_8601"],
];
const fetchThenShow = `openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | ${show.join(" ")}`;

/** The command that prints the certificate for `parseCertificate`, and the one that a person would use. */
export function certificateCommand(from: CertificateSource): {
  argv: string[];
  stdin?: string;
  source: string;
} {
  if ("file" in from)
    return { argv: [...show, "-in", from.file], source: `openssl x509 -noout -text -in ${from.file}` };
  if ("pem" in from) return { argv: show, stdin: from.pem, source: "openssl x509 -noout -text" };
  return {
    argv: ["sh", "-c", fetchThenShow, "sh", from.server, from.serverName],
    source: `openssl s_client -connect ${from.server} -servername ${from.serverName} | openssl x509 -noout -text`,
  };
}

/** Undefined when there was none. */
export function parseCertificate(text: string): Certificate | undefined {
  const field = (name: string) => new RegExp(`^${name}=\\s*(.*)$`, "m").exec(text)?.[1]?.trim();
  const [notBefore, notAfter] = [readDate(field("notBefore")), readDate(field("notAfter"))];
  if (!notBefore || !notAfter) return undefined;
  const names = [...text.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map((match) => match[1]!);
  return { subject: field("subject") ?? "", issuer: field("issuer") ?? "", notBefore, notAfter, names };
}

/** "2027-11-30 15:25:11Z" */
function readDate(text = ""): Date | undefined {
  const date = new Date(text.replace(" ", "T"));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
