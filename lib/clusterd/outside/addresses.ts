import { createHash } from "node:crypto";
import { outsideNetwork } from "@/lib/contract/labd";

const [network, bits] = outsideNetwork.split("/") as [string, string];
const base = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const size = 2 ** (32 - Number(bits));

/** The address of a host outside: always the same one, in `outsideNetwork`. Two hosts have the same one as seldom as two of its 131070 meet. */
export function addressOf(host: string): string {
  const number = createHash("sha256").update(host).digest().readUInt32BE(0);
  const address = base + 1 + (number % (size - 2));
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
