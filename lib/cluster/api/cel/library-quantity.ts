import type { Environment } from "@marcbachmann/cel-js";
import { formatQuantity, parseQuantity, type Quantity } from "@/lib/cluster/resources/quantity";

/** A quantity as CEL's `quantity()` makes it. */
class CelQuantity {
  constructor(readonly quantity: Quantity) {}

  get nanos(): bigint {
    return this.quantity.nanos;
  }

  with(nanos: bigint): CelQuantity {
    return new CelQuantity({ ...this.quantity, nanos });
  }

  toString(): string {
    return formatQuantity(this.quantity);
  }
}

const one = 1_000_000_000n;
const int64Max = 2n ** 63n - 1n;

function quantity(text: string): CelQuantity {
  const found = parseQuantity(text);
  if (!found)
    throw new Error(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  return new CelQuantity(found);
}

const isInteger = ({ nanos }: CelQuantity) =>
  nanos % one === 0n && nanos / one <= int64Max && nanos / one >= -int64Max;

function asInteger(value: CelQuantity): bigint {
  if (!isInteger(value)) throw new Error("cannot convert value to integer");
  return value.nanos / one;
}

const compare = (a: CelQuantity, b: CelQuantity) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** quantity() with its methods (apiserver 1.34 pkg/cel/library/quantity.go). */
export function addQuantityLibrary(environment: Environment): Environment {
  return environment
    .registerType("kubernetes.Quantity", { ctor: CelQuantity })
    .registerFunction("isQuantity(string): bool", (text: string) => parseQuantity(text) !== undefined)
    .registerFunction("quantity(string): kubernetes.Quantity", quantity)
    .registerFunction("kubernetes.Quantity.isInteger(): bool", isInteger)
    .registerFunction("kubernetes.Quantity.asInteger(): int", asInteger)
    .registerFunction(
      "kubernetes.Quantity.asApproximateFloat(): double",
      ({ nanos }: CelQuantity) => Number(nanos) / Number(one),
    )
    .registerFunction("kubernetes.Quantity.sign(): int", ({ nanos }: CelQuantity) =>
      nanos < 0n ? -1n : nanos > 0n ? 1n : 0n,
    )
    .registerFunction(
      "kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity",
      (a: CelQuantity, b: CelQuantity) => a.with(a.nanos + b.nanos),
    )
    .registerFunction("kubernetes.Quantity.add(int): kubernetes.Quantity", (a: CelQuantity, b: bigint) =>
      a.with(a.nanos + b * one),
    )
    .registerFunction(
      "kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity",
      (a: CelQuantity, b: CelQuantity) => a.with(a.nanos - b.nanos),
    )
    .registerFunction("kubernetes.Quantity.sub(int): kubernetes.Quantity", (a: CelQuantity, b: bigint) =>
      a.with(a.nanos - b * one),
    )
    .registerFunction("kubernetes.Quantity.compareTo(kubernetes.Quantity): int", compare)
    .registerFunction(
      "kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool",
      (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0n,
    )
    .registerFunction(
      "kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool",
      (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0n,
    )
    .registerOperator(
      "kubernetes.Quantity == kubernetes.Quantity",
      (a: CelQuantity, b: CelQuantity) => a.nanos === b.nanos,
    );
}
