import { randomBytes } from "node:crypto";
import { slotOf } from "@distlock/core/driver";
import type { Node } from "../../connection/clients";
import type { Ask } from "./ask";

/** A range of slots, and the nodes that have it, the primary first: `[from, to, [host, port, …], …]`. */
type Slots = readonly [from: number, to: number, primary: readonly [host: string, port: number]];

const TRIES = 10_000;

const newKey = (start: string): string => start + randomBytes(8).toString("hex");

/**
 * Returns names of keys that nobody uses, one for each node. In a Cluster, each node has the slot of its key, if any name that begins so is in
 * one of its slots.
 */
export async function keysOf(ask: Ask, nodes: readonly Node[], prefix: string, start: string) {
  const answer = nodes.length > 1 ? await ask(nodes[0]!, "CLUSTER", "SLOTS") : { reply: [] };
  const ranges = "reply" in answer ? (answer.reply as Slots[]) : [];
  return nodes.map(({ address }) => {
    const own = ranges.filter(([, , [host, port]]) => `${host}:${port}` === address);
    const has = (slot: number) => own.length === 0 || own.some(([from, to]) => from <= slot && slot <= to);
    for (let tries = 0; tries < TRIES; tries++) {
      const key = newKey(start);
      if (has(slotOf(prefix + key))) return key;
    }
    return undefined;
  });
}
