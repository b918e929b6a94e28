import type { FieldError } from "@/lib/cluster/resources/kind";
import { forbidden } from "@/lib/cluster/resources/validation/errors";

/** Of one rule, and of all that a schema has (apiextensions-apiserver 1.34 pkg/apis/apiextensions/validation). */
const ruleCostMax = 10_000_000;
const schemaCostMax = 100_000_000;
const namedMax = 4;

const what = "rule & messageExpression cost total";
const remedy =
  "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";

function exceeded(name: string, cost: number, max: number): string {
  const factor = cost / max > 100 ? "more than 100x" : `${(cost / max).toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${factor} ${remedy}`;
}

/** What the rules of one schema are estimated to cost. */
export class RuleCosts {
  #total = 0;
  #largest: { field: string; cost: number }[] = [];

  /** What one expression costs too much by itself; `name`: "estimated rule cost". */
  add(field: string, name: string, cost: number): FieldError[] {
    this.#total += cost;
    if (cost >= schemaCostMax / 100)
      this.#largest = [...this.#largest, { field, cost }].sort((a, b) => b.cost - a.cost).slice(0, namedMax);
    return cost > ruleCostMax ? [forbidden(field, exceeded(name, cost, ruleCostMax))] : [];
  }

  /** What all of them cost too much together. */
  errors(path: string): FieldError[] {
    if (this.#total <= schemaCostMax) return [];
    const share = `contributed to estimated ${what} exceeding cost limit for entire OpenAPIv3 schema`;
    const all = `x-kubernetes-validations estimated ${what} for entire OpenAPIv3 schema`;
    return [
      ...this.#largest.map(({ field }) => forbidden(field, share)),
      forbidden(path, exceeded(all, this.#total, schemaCostMax)),
    ];
  }
}
