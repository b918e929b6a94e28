import { AppError } from "@/lib/core/app-error";
import type { ParameterValues } from "@/lib/contract/fields";
import type { LabManifest, ParameterSpec } from "@/lib/contract/lab";
import { cidrSize, cidrsOverlap, formatCidr, formatIpv4, parseCidr, type Cidr } from "./ipv4";
import { SeededRandom } from "./random";

const roundsMax = 200;

/**
 * The values of one attempt: a pure function of the manifest and the seed. No two of them collide: subnets do not
 * overlap (nor overlap a CIDR that the manifest spells out), hosts of a subnet, MACs, names and numbers differ.
 * Throws `invalid` when the specifications leave no room for that, or name a subnet that is not there.
 */
export function drawParameters(
  manifest: Pick<LabManifest, "parameters"> &
    Partial<Pick<LabManifest, "network" | "cluster" | "otherClusters">>,
  seed: string,
): ParameterValues {
  const order = drawingOrder(manifest.parameters);
  const clusters = [manifest.cluster, ...(manifest.otherClusters ?? [])];
  const ranges = clusters.flatMap((one) => [one?.podCidr, one?.serviceCidr]);
  const fixedCidrs = [manifest.network?.cidr, ...ranges]
    .map((text) => (text === undefined ? undefined : parseCidr(text)))
    .filter((cidr) => cidr !== undefined);
  let stuck = "";
  for (let round = 0; round < roundsMax; round++) {
    const draw = new Draw(fixedCidrs);
    stuck = "";
    for (const name of order) {
      // Rounds after the first are rare: each restarts every lane, so that the result stays a pure function.
      const random = new SeededRandom(seed, `parameter:${name}:${round}`);
      if (!draw.add(name, manifest.parameters[name]!, random)) {
        stuck = name;
        break;
      }
    }
    // Object.keys order is the manifest's, whatever order they were drawn in.
    if (!stuck)
      return Object.fromEntries(Object.keys(manifest.parameters).map((name) => [name, draw.values[name]!]));
  }
  throw new AppError(
    "invalid",
    `Parameter ${stuck} cannot differ from the others: widen its range or list (parameters.${stuck} in lab.yaml).`,
    { details: { parameter: stuck } },
  );
}

/** Subnets first, then the hosts that live in them. */
function drawingOrder(specs: Record<string, ParameterSpec>): string[] {
  for (const [name, spec] of Object.entries(specs)) {
    if (!("host" in spec)) continue;
    const target = Object.hasOwn(specs, spec.host.of) ? specs[spec.host.of] : undefined;
    if (!target || !("subnet" in target))
      throw new AppError(
        "invalid",
        `Parameter ${name} is a host of "${spec.host.of}", which is no subnet parameter.`,
        {
          details: { parameter: name },
        },
      );
  }
  const names = Object.keys(specs);
  return [
    ...names.filter((name) => !("host" in specs[name]!)),
    ...names.filter((name) => "host" in specs[name]!),
  ];
}

class Draw {
  readonly values: ParameterValues = {};
  readonly #cidrs: Cidr[];
  readonly #subnets = new Map<string, Cidr>();
  readonly #used = new Set<string>();

  constructor(fixedCidrs: Cidr[]) {
    this.#cidrs = [...fixedCidrs];
  }

  /** False when no value is left that differs from what is drawn already. */
  add(name: string, spec: ParameterSpec, random: SeededRandom): boolean {
    const value = this.#draw(name, spec, random);
    if (value === undefined) return false;
    this.values[name] = value;
    return true;
  }

  #draw(name: string, spec: ParameterSpec, random: SeededRandom): string | number | undefined {
    if ("pick" in spec) {
      if (!spec.distinct) return random.pick(spec.pick);
      const free = spec.pick.filter((value) => !this.#used.has(`value:${value}`));
      return free.length === 0 ? undefined : this.#take("value", random.pick(free));
    }
    if ("integer" in spec) {
      const draw = () => random.integer(spec.integer.min, spec.integer.max);
      if (!spec.distinct) return draw();
      return this.#firstFree("value", draw);
    }
    if ("mac" in spec) return this.#firstFree("mac", () => randomMac(random, spec.mac.prefix));
    if ("subnet" in spec) return this.#subnet(name, spec.subnet.from, spec.subnet.prefix, random);
    const subnet = this.#subnets.get(spec.host.of)!;
    const { index, withPrefix } = spec.host;
    const address = this.#firstFree("host", () =>
      formatIpv4(subnet.network + (typeof index === "number" ? index : random.integer(index.min, index.max))),
    );
    return address === undefined || !withPrefix ? address : `${address}/${subnet.prefix}`;
  }

  #subnet(name: string, from: string, prefix: number, random: SeededRandom): string | undefined {
    const pool = parseCidr(from)!;
    const count = cidrSize(pool.prefix) / cidrSize(prefix);
    for (let attempt = 0; attempt < 64; attempt++) {
      const network = pool.network + random.integer(0, count - 1) * cidrSize(prefix);
      const subnet = { network, address: network, prefix };
      if (this.#cidrs.some((other) => cidrsOverlap(other, subnet))) continue;
      this.#cidrs.push(subnet);
      this.#subnets.set(name, subnet);
      return formatCidr(subnet);
    }
    return undefined;
  }

  #firstFree<T extends string | number>(sort: string, draw: () => T): T | undefined {
    for (let attempt = 0; attempt < 64; attempt++) {
      const value = draw();
      if (!this.#used.has(`${sort}:${value}`)) return this.#take(sort, value);
    }
    return undefined;
  }

  #take<T extends string | number>(sort: string, value: T): T {
    this.#used.add(`${sort}:${value}`);
    return value;
  }
}

/** Locally administered and unicast, lower case, below `prefix` ("02:42") when given. */
function randomMac(random: SeededRandom, prefix = ""): string {
  const octets = prefix === "" ? [] : prefix.split(":").map((octet) => Number.parseInt(octet, 16));
  while (octets.length < 6) {
    const octet = random.integer(0, 255);
    octets.push(octets.length === 0 ? (octet & 0xfc) | 0x02 : octet);
  }
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}
