/**
 * resource.Quantity of apimachinery: parsing and the canonical form that the API server stores.
 * Amounts are exact (BigInt of nano units).
 */
const binary: Record<string, bigint> = {
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
  Ti: 1024n ** 4n,
  Pi: 1024n ** 5n,
  Ei: 1024n ** 6n,
};
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const nano = 10n ** 9n;
const shape = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,3}))?$/;

export interface Quantity {
  /** In billionths. */
  nanos: bigint;
  format: "binary" | "decimal" | "exponent";
}

/** Undefined when the text is no quantity. */
export function parseQuantity(value: unknown): Quantity | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") return undefined;
  const match = shape.exec(text);
  if (!match || (match[2] === undefined && !match[3])) return undefined;
  const [, sign, whole = "0", fraction = "", binarySuffix, decimalSuffix = "", exponent] = match;
  const digits = BigInt(whole + fraction);
  const scale = BigInt(10) ** BigInt(fraction.length);
  const round = (numerator: bigint) => (numerator + scale - 1n) / scale;
  let nanos: bigint;
  if (binarySuffix) nanos = round(digits * nano * (binary[binarySuffix] ?? 1n));
  else {
    const power = exponent === undefined ? (decimal[decimalSuffix] ?? 0) : Number(exponent);
    nanos =
      power + 9 >= 0
        ? round(digits * 10n ** BigInt(power + 9))
        : (round(digits) + 10n ** BigInt(-power - 9) - 1n) / 10n ** BigInt(-power - 9);
  }
  return {
    nanos: sign === "-" ? -nanos : nanos,
    format: binarySuffix ? "binary" : exponent === undefined ? "decimal" : "exponent",
  };
}

/** The value as a JavaScript number, for sums and comparisons where 53 bits suffice. */
export const quantityToNumber = (value: unknown): number => Number(parseQuantity(value)?.nanos ?? 0n) / 1e9;

/** As stored: "1000m" becomes "1", "1024Mi" "1Gi", 0.5 "500m". Gives the input back when it is no quantity. */
export function canonicalQuantity(value: unknown): string {
  const quantity = parseQuantity(value);
  return quantity ? formatQuantity(quantity) : String(value);
}

export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const sign = nanos < 0n ? "-" : "";
  const amount = nanos < 0n ? -nanos : nanos;
  if (format === "binary" && amount >= 1024n * nano && amount % nano === 0n) {
    return sign + largest(amount / nano, Object.entries(binary).reverse());
  }
  let power = -9;
  let rest = amount;
  while (rest % 1000n === 0n && power < 18) {
    rest /= 1000n;
    power += 3;
  }
  if (format === "exponent") return sign + (power === 0 ? `${rest}` : `${rest}e${power}`);
  const suffix = Object.entries(decimal).find(([, value]) => value === power)?.[0] ?? "";
  return `${sign}${rest}${suffix}`;
}

function largest(amount: bigint, suffixes: [string, bigint][]): string {
  for (const [suffix, factor] of suffixes) {
    if (amount % factor === 0n) return `${amount / factor}${suffix}`;
  }
  return String(amount);
}

/** -1, 0 or 1; text that is no quantity counts as zero. */
export function compareQuantities(a: unknown, b: unknown): number {
  const left = parseQuantity(a)?.nanos ?? 0n;
  const right = parseQuantity(b)?.nanos ?? 0n;
  return left < right ? -1 : left > right ? 1 : 0;
}
