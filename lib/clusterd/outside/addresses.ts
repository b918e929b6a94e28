import { createHash } from "node:crypto";
import { outsideNetwork } from "@/lib/contract/labd";
import { addressIn } from "@/lib/core/address-in";

const size = 2 ** (32 - Number(outsideNetwork.split("/")[1]));

/** The address of a host outside: always the same one, in `outsideNetwork`. Two hosts have the same one as seldom as two of its 131070 meet. */
export function addressOf(host: string): string {
  const number = createHash("sha256").update(host).digest().readUInt32BE(0);
  return addressIn(outsideNetwork, 1 + (number % (size - 2)));
}
