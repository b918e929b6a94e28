import { createHash } from "node:crypto";
import { parseRange, toAddress } from "../ipv4";

/** How Weave Net's peers share the cluster's range. */
export interface Peer {
  PeerName: string;
  NodeName: string;
}

export const defaultRange = "10.32.0.0/12";

/** Eighths: a lab has at most eight nodes. */
export const slots = 8;

/** Which eighth a peer holds for sure: the ring is halved with each new peer, so the second one starts in the middle. */
function eighthOf(index: number): number {
  return ((index & 1) << 2) | (index & 2) | ((index & 4) >> 2);
}

export interface PeerRange {
  /** The address of the bridge `weave` on the peer's node. */
  bridge: string;
  /** What pods of the node get. */
  first: string;
  last: string;
}

/** The range of the peer that joined as number `index` (from 0). */
export function rangeOfPeer(range: string, index: number): PeerRange {
  const { first, size } = parseRange(range);
  const share = size / slots;
  const eighth = eighthOf(index);
  const start = first + eighth * share;
  // The network's own address and its broadcast address belong to nobody.
  const bridge = eighth === 0 ? start + 1 : start;
  return {
    bridge: toAddress(bridge),
    first: toAddress(bridge + 1),
    last: toAddress(start + share - (eighth === slots - 1 ? 2 : 1)),
  };
}

/** How many addresses each of `count` peers owns, as `weave status ipam` shows it. */
export function ownership(range: string, count: number): number[] {
  const owned = Array.from({ length: count }, () => 0);
  for (let index = 0; index < slots; index++) {
    let owner = index;
    for (let bit = slots >> 1; owner >= count; bit >>= 1) owner &= ~bit;
    owned[owner]! += parseRange(range).size / slots;
  }
  return owned;
}

/** A peer's name, and the MAC of its bridge: the same as long as the node is. */
export function peerName(nodeUid: string): string {
  const bytes = [...createHash("sha256").update(nodeUid).digest().subarray(0, 6)];
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
