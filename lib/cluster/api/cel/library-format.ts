import { Optional, type Environment } from "@marcbachmann/cel-js";
import {
  dnsLabel,
  dnsLabel1035,
  dnsSubdomain,
  labelValue,
  qualifiedName,
} from "@/lib/cluster/resources/validation/names";

/** A named format: what it has to say against a text. */
class Format {
  constructor(readonly complaints: (text: string) => string[]) {}
}

/** A prefix may end in a dash: what is generated follows it. */
const asPrefix = (complaints: (text: string) => string[]) => (text: string) =>
  complaints(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const matching = (pattern: RegExp, complaint: string) => (text: string) =>
  pattern.test(text) ? [] : [complaint];

const formats: Record<string, Format> = Object.fromEntries(
  Object.entries({
    dns1123Label: dnsLabel,
    dns1123Subdomain: dnsSubdomain,
    dns1035Label: dnsLabel1035,
    qualifiedName,
    dns1123LabelPrefix: asPrefix(dnsLabel),
    dns1123SubdomainPrefix: asPrefix(dnsSubdomain),
    dns1035LabelPrefix: asPrefix(dnsLabel1035),
    labelValue,
    uri: (text: string) =>
      text.startsWith("/") || URL.canParse(text)
        ? []
        : [`parse ${JSON.stringify(text)}: invalid URI for request`],
    uuid: matching(
      /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
      "does not match the UUID format",
    ),
    byte: (text: string) =>
      text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? [] : ["invalid base64"],
    date: (text: string) =>
      /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? [] : ["invalid date"],
    datetime: (text: string) =>
      /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$/.test(text)
        ? []
        : ["invalid datetime"],
  }).map(([name, complaints]) => [name, new Format(complaints)]),
);

class FormatFunctions {}

/** format.named() and the formats themselves (apiserver 1.34 pkg/cel/library/format.go). */
export function addFormatLibrary(environment: Environment): Environment {
  environment
    .registerType("kubernetes.NamedFormat", { ctor: Format })
    .registerType("kubernetes.FormatFunctions", { ctor: FormatFunctions })
    .registerConstant("format", "kubernetes.FormatFunctions", new FormatFunctions())
    .registerFunction(
      "kubernetes.FormatFunctions.named(string): optional<kubernetes.NamedFormat>",
      (_: FormatFunctions, name: string) =>
        Object.hasOwn(formats, name) ? Optional.of(formats[name]) : Optional.none(),
    )
    .registerFunction(
      "kubernetes.NamedFormat.validate(string): optional<list<string>>",
      ({ complaints }: Format, text: string) => {
        const found = complaints(text);
        return found.length > 0 ? Optional.of(found) : Optional.none();
      },
    );
  for (const [name, format] of Object.entries(formats))
    environment.registerFunction(
      `kubernetes.FormatFunctions.${name}(): kubernetes.NamedFormat`,
      () => format,
    );
  return environment;
}
