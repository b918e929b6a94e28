/**
 * The name formats of apimachinery's util/validation. Each function gives the complaints about a value, with
 * upstream's wording; none means the value is good. The patterns have no nested repetition, so they run in linear time.
 */

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const qualifiedPart = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

const patterns = {
  label: whole(label),
  label1035: whole(label1035),
  qualified: whole(qualifiedPart),
  portName: /^[-a-z0-9]+$/,
  configKey: /^[-._a-zA-Z0-9]+$/,
  cIdentifier: /^[A-Za-z_][A-Za-z0-9_]*$/,
  printable: /^[ -<>-~]+$/,
};

export function regexError(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (${shown ? `e.g. ${shown}` : ""}regex used for validation is '${pattern}')`;
}

export const maxLength = (bytesMax: number) => `must be no more than ${bytesMax} bytes`;
export const empty = "must be non-empty";

const alnumEnds = "must start and end with an alphanumeric character";

export function dnsLabel(value: string): string[] {
  const complaints = value.length > 63 ? [maxLength(63)] : [];
  if (!patterns.label.test(value)) {
    complaints.push(
      regexError(
        `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${alnumEnds}`,
        label,
        "my-name",
        "123-abc",
      ),
    );
  }
  return complaints;
}

export function dnsSubdomain(value: string): string[] {
  const complaints = value.length > 253 ? [maxLength(253)] : [];
  if (!value.split(".").every((part) => patterns.label.test(part))) {
    complaints.push(
      regexError(
        `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${alnumEnds}`,
        subdomain,
        "example.com",
      ),
    );
  }
  return complaints;
}

export function dnsLabel1035(value: string): string[] {
  const complaints = value.length > 63 ? [maxLength(63)] : [];
  if (!patterns.label1035.test(value)) {
    complaints.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035,
        "my-name",
        "abc-123",
      ),
    );
  }
  return complaints;
}

export function wildcardDnsSubdomain(value: string): string[] {
  const rest = value.startsWith("*.") ? value.slice(2) : undefined;
  if (value.length <= 253 && rest !== undefined && dnsSubdomain(rest).length === 0) return [];
  return [
    regexError(
      `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character`,
      `\\*\\.${subdomain}`,
      "*.example.com",
    ),
  ];
}

/** Names that become a path segment and nothing more: RBAC objects. */
export function pathSegment(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  const shape = (message: string) => regexError(message, qualifiedPart, "MyName", "my.name", "123-abc");
  const consists = `must consist of alphanumeric characters, '-', '_' or '.', and ${alnumEnds}`;
  if (parts.length > 2) {
    return [
      `a qualified name ${shape(consists)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  const complaints: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") complaints.push(`prefix part ${empty}`);
    else complaints.push(...dnsSubdomain(prefix).map((complaint) => `prefix part ${complaint}`));
  }
  if (name === "") complaints.push(`name part ${empty}`);
  else if (name.length > 63) complaints.push(`name part ${maxLength(63)}`);
  if (!patterns.qualified.test(name)) complaints.push(`name part ${shape(consists)}`);
  return complaints;
}

export function labelValue(value: string): string[] {
  const complaints = value.length > 63 ? [maxLength(63)] : [];
  if (value !== "" && !patterns.qualified.test(value)) {
    complaints.push(
      regexError(
        `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${alnumEnds}`,
        `(${qualifiedPart})?`,
        "MyValue",
        "my_value",
        "12345",
      ),
    );
  }
  return complaints;
}

export function portNumber(value: unknown): string[] {
  return typeof value === "number" && value >= 1 && value <= 65535
    ? []
    : ["must be between 1 and 65535, inclusive"];
}

/** IANA_SVC_NAME. */
export function portName(value: string): string[] {
  const complaints = value.length > 15 ? [maxLength(15)] : [];
  if (!patterns.portName.test(value)) {
    complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) complaints.push("must contain at least one letter (a-z)");
  if (value.includes("--")) complaints.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) complaints.push("must not begin or end with a hyphen");
  return complaints;
}

export function configKey(value: string): string[] {
  const complaints = value.length > 253 ? [maxLength(253)] : [];
  if (!patterns.configKey.test(value)) {
    complaints.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        "[-._a-zA-Z0-9]+",
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
    );
  }
  if (value === "." || value === "..") complaints.push(`must not be '${value}'`);
  else if (value.startsWith("..")) complaints.push("must not start with '..'");
  return complaints;
}

export function environmentName(value: string): string[] {
  return patterns.printable.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}
