import { asBuffer, asNumber, asText, readFields } from "./reader";

/** Messages whose JSON form is a plain value. Undefined where Go's encoder leaves the field out. */
export function decodeSpecial(bytes: Buffer, type: string): unknown {
  const fields = [...readFields(bytes)];
  const of = (number: number) => fields.find((field) => field.number === number)?.value;
  const numberOf = (number: number) => {
    const value = of(number);
    return value === undefined ? 0 : asNumber(value);
  };
  switch (type) {
    case "Quantity": {
      const text = of(1);
      return text === undefined ? "0" : asText(text);
    }
    case "IntOrString": {
      const text = of(3);
      return numberOf(1) === 1 ? (text === undefined ? "" : asText(text)) : numberOf(2);
    }
    case "Time":
      return of(1) === undefined && of(2) === undefined ? undefined : timestamp(numberOf(1), numberOf(2));
    case "Duration":
      return `${numberOf(1) / 1e9}s`;
    case "Strings":
      return fields.filter(({ number }) => number === 1).map(({ value }) => asText(value));
    default: {
      const raw = of(1);
      return raw === undefined ? undefined : parseJson(asBuffer(raw));
    }
  }
}

/** RFC 3339; with microseconds where the moment has any, as MicroTime is written. */
function timestamp(seconds: number, nanos: number): string {
  const whole = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "");
  return nanos === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`;
}

/** RawExtension: JSON bytes; what is no JSON is kept as base64 text, as Go keeps unknown encodings. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return bytes.toString("base64");
  }
}
