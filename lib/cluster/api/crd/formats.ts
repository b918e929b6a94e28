import { isIPv4, isIPv6 } from "node:net";
import { RE2JS } from "re2js";

/** Compiled when first asked: most processes never are. */
const linear = (pattern: string) => {
  let compiled: RE2JS | undefined;
  return (value: string) => (compiled ??= RE2JS.compile(pattern)).matcher(value).find();
};

const uuid = (version = "[0-9a-f]", variant = "[0-9a-f]") =>
  linear(`(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`);

const hostnameShape = linear(
  "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$",
);

const shortNameShape = linear("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$");
const longNameShape = linear("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$");

/**
 * The formats that schemas of custom resources are held to, dashes left out; others are ignored (apiextensions-apiserver
 * 1.34 pkg/apiserver/validation/formats.go, kube-openapi pkg/validation/strfmt).
 */
const formats: Record<string, (value: string) => boolean> = {
  bsonobjectid: linear("^[0-9a-fA-F]{24}$"),
  uri: isRequestUri,
  email: isEmail,
  hostname: (value) =>
    value.length <= 255 && value.split(".").every((part) => part.length <= 63) && hostnameShape(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: linear(
    "^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){2})$|^([0-9a-fA-F]{4}\\.){2,3}[0-9a-fA-F]{4}$",
  ),
  uuid: uuid(),
  uuid3: uuid("3"),
  uuid4: uuid("4", "[89ab]"),
  uuid5: uuid("5", "[89ab]"),
  isbn: (value) => isIsbn10(value) || isIsbn13(value),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: linear("^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$"),
  hexcolor: linear("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
  rgbcolor: (value) => {
    const match = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(value);
    return match !== null && match.slice(1).every((part) => Number(part) <= 255 && !/^0\d/.test(part));
  },
  byte: linear("^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})$"),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (value) => value.length <= 63 && shortNameShape(value),
  k8slongname: (value) => value.length <= 253 && longNameShape(value),
};

/** Whether a string is of a format; a format that nobody knows takes every string. */
export function hasFormat(value: string, format: string): boolean {
  const known = format.replaceAll("-", "");
  return Object.hasOwn(formats, known) ? formats[known]!(value) : true;
}

/** url.ParseRequestURI: absolute, or a path from the root. */
function isRequestUri(value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- what no URI holds
  if (value === "" || /[\u0000-\u001f\u007f]/.test(value)) return false;
  if (/%(?![0-9a-fA-F]{2})/.test(value)) return false;
  if (value.startsWith("/") || value === "*") return true;
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/.exec(value);
  if (!match) return false;
  const [, , rest] = match;
  if (!rest!.startsWith("//")) return rest !== "" && !rest!.startsWith("?");
  return (
    !/\s/.test(rest!.slice(2).split(/[/?#]/, 1)[0]!) &&
    !/:[^\]@0-9][^/?#@]*$/.test(rest!.slice(2).split(/[/?#]/, 1)[0]!)
  );
}

/** One address, with or without a name before it. */
function isEmail(value: string): boolean {
  const address = /^(?:[^<>@]*<([^<>]+)>|([^<>]+))\s*$/.exec(value.trim());
  const plain = (address?.[1] ?? address?.[2] ?? "").trim();
  const at = plain.lastIndexOf("@");
  const [local, domain] = [plain.slice(0, at), plain.slice(at + 1)];
  if (at < 1) return false;
  const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+$/u;
  const isQuoted = /^"(?:[^"\\\n]|\\.)+"$/.test(local);
  return (
    (isQuoted || local.split(".").every((part) => atoms.test(part))) &&
    (/^\[[0-9A-Fa-f.:]+\]$/.test(domain) || domain.split(".").every((part) => atoms.test(part)))
  );
}

function isCidr(value: string): boolean {
  const [address = "", bits = "", ...rest] = value.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

function isIsbn10(value: string): boolean {
  const digits = value.replace(/[\s-]/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (all, digit, at) => all + (digit === "X" ? 10 : Number(digit)) * (at + 1),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(value: string): boolean {
  const digits = value.replace(/[\s-]/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  return [...digits].reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}

const cardShape = linear(
  "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11})$",
);

function isCreditCard(value: string): boolean {
  const digits = value.replace(/[^0-9]/g, "");
  if (!cardShape(digits)) return false;
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const doubled = at % 2 === 0 ? Number(digit) : Number(digit) * 2;
    return all + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isDateTime(value: string): boolean {
  const [date = "", time = ""] = value.toLowerCase().split("t");
  const match = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)/.exec(time);
  return isDate(date) && match !== null && match[1]! <= "23" && match[2]! <= "59" && match[3]! <= "59";
}

const units = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;

/** Go's ("1h30m", "-1.5s") or Scala's ("3 days"). */
function isDuration(value: string): boolean {
  if (/^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(value)) return true;
  return [...value.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit]) => units.test(unit!));
}
