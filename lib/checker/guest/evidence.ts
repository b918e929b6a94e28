import { compare, type CompareValue } from "./bridge";

export type AnswerTypeName = "string" | "integer" | "ip" | "cidr" | "mac" | "set" | "regex";

export interface EvidenceItem {
  label: string;
  expected: string;
  seen: string;
  source: string;
  passed: boolean;
  /** Undefined: required, worth nothing by itself. */
  weight: number | undefined;
}

/** Ends a check whose outcome is settled; what was recorded before it counts. */
export class StopCheck extends Error {
  override name = "StopCheck";
}

export interface ExpectOptions {
  /**
   * Part of the question's points that this expectation earns, relative to the other weighted ones. Without a weight
   * an expectation is required: when it fails, the question earns nothing.
   */
  weight?: number;
  /** The command that shows the same to a person. By default what the check last asked of the cluster. */
  source?: string;
}

const textCharsMax = 2000;

/** For people to read: text as it is, lists of plain values with commas between them, other values as JSON. */
export function show(value: unknown): string {
  const text = textOf(value);
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "(nothing)";
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item !== "object"))
    return value.join(", ");
  return JSON.stringify(value) ?? String(value);
}

/** Collects what a check looked at and adds it up. */
export class Ledger {
  items: EvidenceItem[] = [];
  lastSource = "";
  fraction: number | undefined;
  reason: string | undefined;
  unanswered = false;

  record(item: EvidenceItem): boolean {
    if (item.weight !== undefined && !(item.weight > 0))
      throw new RangeError(`The weight of "${item.label}" must be above 0.`);
    this.items.push(item);
    return item.passed;
  }

  /** 0..1 */
  earned(): number {
    if (this.fraction !== undefined) return Math.min(1, Math.max(0, this.fraction));
    const required = this.items.filter((item) => item.weight === undefined);
    if (this.items.length === 0 || required.some((item) => !item.passed)) return 0;
    const weighted = this.items.filter((item) => item.weight !== undefined);
    const sum = (items: EvidenceItem[]) => items.reduce((total, item) => total + item.weight!, 0);
    return weighted.length === 0 ? 1 : sum(weighted.filter((item) => item.passed)) / sum(weighted);
  }
}

/** What can be said of a value. Each records evidence and answers whether it holds. */
export class Expectation {
  readonly #ledger: Ledger;
  readonly #label: string;
  readonly #seen: unknown;
  readonly #options: ExpectOptions;
  readonly #stops: boolean;

  constructor(ledger: Ledger, label: string, seen: unknown, options: ExpectOptions, stops: boolean) {
    this.#ledger = ledger;
    this.#label = label;
    this.#seen = seen;
    this.#options = options;
    this.#stops = stops;
  }

  /** Equal as a value: primitives by ===, objects and arrays by content, keys in any order. */
  toBe(expected: unknown): boolean {
    return this.#record(equal(this.#seen, expected), show(expected));
  }

  /** The same as `toBe`, for readers who expect the name. */
  toEqual(expected: unknown): boolean {
    return this.toBe(expected);
  }

  /** The same when both are read as the type: toBeThe("mac", "02-42-AC-11-00-02"). */
  toBeThe(type: AnswerTypeName, expected: string | number): boolean {
    const seen = this.#seen;
    const same =
      typeof seen === "string" || typeof seen === "number" ? compareAs(type, expected, seen).same : false;
    return this.#record(same, show(expected));
  }

  toBeIp(expected: string): boolean {
    return this.toBeThe("ip", expected);
  }

  /** Text that holds a part, or an array that holds an item. */
  toContain(part: unknown): boolean {
    const seen = this.#seen;
    const holds =
      typeof seen === "string"
        ? seen.includes(String(part))
        : Array.isArray(seen) && seen.some((item) => equal(item, part));
    return this.#record(holds, `contains ${show(part)}`);
  }

  /** Every item is in the array, in any order. */
  toContainAll(parts: readonly unknown[]): boolean {
    const seen: unknown[] = Array.isArray(this.#seen) ? this.#seen : [];
    const missing = parts.filter((part) => !seen.some((item) => equal(item, part)));
    return this.#record(Array.isArray(this.#seen) && missing.length === 0, `contains ${show(parts)}`);
  }

  toMatch(pattern: RegExp): boolean {
    return this.#record(
      typeof this.#seen === "string" && pattern.test(this.#seen),
      `matches ${String(pattern)}`,
    );
  }

  toBeAtLeast(minimum: number): boolean {
    return this.#record(typeof this.#seen === "number" && this.#seen >= minimum, `at least ${minimum}`);
  }

  toBeAtMost(maximum: number): boolean {
    return this.#record(typeof this.#seen === "number" && this.#seen <= maximum, `at most ${maximum}`);
  }

  /** Neither undefined nor null: an object that was found. */
  toExist(): boolean {
    return this.#recordPresence(true);
  }

  toBeAbsent(): boolean {
    return this.#recordPresence(false);
  }

  #recordPresence(wanted: boolean): boolean {
    const isThere = this.#seen !== undefined && this.#seen !== null;
    const word = (there: boolean) => (there ? "exists" : "does not exist");
    return this.#record(isThere === wanted, word(wanted), word(isThere));
  }

  #record(passed: boolean, expected: string, seen = show(this.#seen)): boolean {
    const { weight, source = this.#ledger.lastSource } = this.#options;
    this.#ledger.record({ label: this.#label, expected, seen, source, passed, weight });
    if (!passed && this.#stops) throw new StopCheck(this.#label);
    return passed;
  }
}

export function compareAs(type: AnswerTypeName, expected: unknown, given: unknown): CompareValue {
  const text = (value: unknown) => (Array.isArray(value) ? value.map(String) : String(value));
  return compare(type, text(expected), text(given));
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return Number.isNaN(a) && Number.isNaN(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
