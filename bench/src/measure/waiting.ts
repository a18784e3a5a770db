import type { WaitingClient } from "../worker/waiting-worker";
import type { Bench } from "./bench";
import { interleave, type Results } from "./rounds";
import {
  measureCrowd,
  measureLongestDrop,
  measureOutage,
  measureWaitedKeys,
  type Outage,
  type OutageScene,
  type WaitedKeys,
  type WaitingCrowd,
} from "./waiting-scenes";

export const waitingClients: readonly WaitingClient[] = ["ioredis", "node-redis"];

export interface WaitingResults {
  readonly keys: readonly { readonly count: number; readonly results: Results<WaitingClient, WaitedKeys> }[];
  readonly crowd: { readonly count: number; readonly results: Results<WaitingClient, WaitingCrowd> };
  readonly outage: OutageScene & { readonly results: Results<WaitingClient, Outage> };
  /** Dead waiters before a living one, and the longest script that dropped them, in ms. */
  readonly dead: readonly { readonly count: number; readonly longest: number }[];
}

/** The costs of waiting for a process and a server, at sizes at which they could collapse. */
export async function measureWaiting(bench: Bench): Promise<WaitingResults> {
  const { quick, progress } = bench;
  const sizes = quick ? [200] : [1_000, 10_000, 30_000];
  const crowd = quick ? 2_000 : 100_000;
  const outage: OutageScene = { count: quick ? 200 : 5_000, seconds: quick ? 3 : 60 };
  const deads = quick ? [1_000] : [10_000, 50_000];
  const step = progress("waiting", (sizes.length + 2) * waitingClients.length + deads.length);

  async function stepped<T>(title: string, measuring: Promise<T>): Promise<T> {
    try {
      return await measuring;
    } finally {
      step(title);
    }
  }

  /** One round of each client, one after the other. */
  const each = <T>(title: string, measure: (client: WaitingClient) => Promise<T>): Promise<Results<WaitingClient, T>> =>
    interleave(waitingClients, 1, (client) => stepped(`${title} (${client})`, measure(client)));

  const keys = [];
  for (const count of sizes) {
    const results = await each(`${count} keys`, (client) => measureWaitedKeys(bench, client, count));
    keys.push({ count, results });
  }
  const crowds = await each("a crowd", (client) => measureCrowd(bench, client, crowd));
  const outages = await each("an outage", (client) => measureOutage(bench, client, outage));
  const dead = [];
  for (const count of deads) {
    const longest = await stepped(`${count} dead`, measureLongestDrop(bench, count));
    dead.push({ count, longest });
  }
  return { keys, crowd: { count: crowd, results: crowds }, outage: { ...outage, results: outages }, dead };
}
