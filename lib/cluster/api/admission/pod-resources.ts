import { formatQuantity, parseQuantity, type Quantity } from "@/lib/cluster/resources/quantity";
import type { PodContainer, PodObject } from "./pod-object";

export interface PodResources {
  requests: Record<string, string>;
  limits: Record<string, string>;
}

/** What a pod asks for in all: the sum of its containers, or the largest init container where that is more. */
export function podResources({ spec }: PodObject): PodResources {
  return { requests: total(spec, "requests"), limits: total(spec, "limits") };
}

function total(spec: PodObject["spec"], which: "requests" | "limits"): Record<string, string> {
  const sums = new Map<string, Quantity>();
  for (const container of spec.containers ?? [])
    for (const [name, quantity] of quantities(container, which))
      sums.set(name, addQuantities(sums.get(name), quantity));
  for (const container of spec.initContainers ?? [])
    for (const [name, quantity] of quantities(container, which)) {
      const sum = sums.get(name);
      if (!sum || sum.nanos < quantity.nanos) sums.set(name, quantity);
    }
  return Object.fromEntries([...sums].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

function* quantities(container: PodContainer, which: "requests" | "limits"): Generator<[string, Quantity]> {
  const { resources = {} } = container;
  // A limit without a request is the request, too.
  const values =
    which === "requests" ? { ...resources.limits, ...resources.requests } : (resources.limits ?? {});
  for (const [name, value] of Object.entries(values)) {
    const quantity = parseQuantity(value);
    if (quantity) yield [name, quantity];
  }
}

export const addQuantities = (a: Quantity | undefined, b: Quantity): Quantity =>
  a ? { ...a, nanos: a.nanos + b.nanos } : b;
