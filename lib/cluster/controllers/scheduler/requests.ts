import { parseQuantity } from "@/lib/cluster/resources/quantity";
import type { Container, PodSpec, ResourceList } from "@/lib/cluster/resources/types";

/** Amounts in the scheduler's units: thousandths of a CPU, bytes, or pieces. */
export type Amounts = Readonly<Record<string, number>>;

const known = new WeakMap<PodSpec, Amounts>();

/**
 * What a pod takes from a node (component-helpers resource.PodRequests 1.34): its containers and sidecars together, or
 * an init container with the sidecars started before it where that is more; plus the overhead.
 */
export function requestsOf(spec: PodSpec): Amounts {
  let found = known.get(spec);
  if (!found) known.set(spec, (found = sumRequests(spec)));
  return found;
}

function sumRequests(spec: PodSpec): Amounts {
  const total: Record<string, number> = {};
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of spec.containers) add(total, of(container));
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always";
    const running = { ...sidecars };
    add(running, of(container));
    if (isSidecar) add(sidecars, of(container));
    for (const [name, amount] of Object.entries(running)) peak[name] = Math.max(peak[name] ?? 0, amount);
  }
  add(total, sidecars);
  for (const [name, amount] of Object.entries(peak)) total[name] = Math.max(total[name] ?? 0, amount);
  add(total, amountsOf(spec.overhead));
  return total;
}

const of = (container: Container): Amounts => amountsOf(container.resources?.requests);

function add(to: Record<string, number>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) to[name] = (to[name] ?? 0) + amount;
}

const parsed = new WeakMap<ResourceList, Amounts>();

export function amountsOf(list: ResourceList | undefined): Amounts {
  if (!list) return {};
  let found = parsed.get(list);
  if (!found) {
    found = Object.fromEntries(Object.entries(list).map(([name, text]) => [name, amountOf(name, text)]));
    parsed.set(list, found);
  }
  return found;
}

/** Rounded up, as Quantity.MilliValue and Value round. */
function amountOf(name: string, text: string): number {
  const nanos = parseQuantity(text)?.nanos ?? 0n;
  const unit = name === "cpu" ? 1_000_000n : 1_000_000_000n;
  return Number(nanos > 0n ? (nanos + unit - 1n) / unit : nanos / unit);
}
