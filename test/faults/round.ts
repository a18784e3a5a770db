import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { WINDOW } from "../../packages/core/src/driver/times";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { check, type Violation } from "./check/check";
import { monotonic } from "./clock";
import { type Hand, hire } from "./crew";
import type { Event } from "./event";
import { faults, rage } from "./nemesis";
import { observe } from "./observer";
import { pause } from "./pause";
import { createRandom } from "./random";
import { openRecorder, readHistory } from "./recorder";
import { openStore } from "./store";

export interface RoundOptions {
  /**
   * The seed of all random choices. If it is odd, Redis keeps everything over a restart (an AOF that is written always), and
   * the workers finish what they do in the end; if it is even, Redis comes back empty, and the workers are killed in the end.
   */
  readonly seed: number;
  /** For how long there are faults, at most, in ms. Default: until each has happened. */
  readonly rage?: number;
  /** Without locks: then the check must fail. */
  readonly bare?: boolean;
  readonly clients?: readonly string[];
  readonly onFault?: (name: string) => void;
}

export interface RoundResult {
  readonly violations: readonly Violation[];
  /** The recorded events; deleted if there is nothing wrong. */
  readonly folder: string;
  /** The number of events of each kind. */
  readonly counts: Readonly<Partial<Record<Event["what"], number>>>;
}

/** How many faults a round has, if there is time. */
export const faultCount = faults.flat().length;

const keys = ["memory:a", "memory:b", "{memory}:c", "d"];
/** The keys of jobs that run once per period. */
const jobs = ["job:a", "{memory}:job"];
const all = [...keys, ...jobs];
const HANDS = 3;
/** Healthy time after the faults. */
const CALM = 2_500;
/** The longest ttl twice, and the ttl of a queue without waiters: two windows. */
const LAST_LEASE = 2_400 + 2 * WINDOW + 1_000;
const AOF = ["--appendonly", "yes", "--appendfsync", "always"];

/** Workers acquire and release, everything goes wrong, everything heals; then the history is checked. */
export async function runRound({
  seed,
  rage: rageFor = Number.POSITIVE_INFINITY,
  bare = false,
  clients = oldestAndNewest,
  onFault = () => {},
}: RoundOptions): Promise<RoundResult> {
  const folder = await mkdtemp(join(tmpdir(), "distlock-faults-"));
  const random = createRandom(seed);
  const isOdd = seed % 2 === 1;
  const server = await startRedis({ args: isOdd ? AOF : [] });
  const storeServer = await startRedis();
  const { record, close } = openRecorder(folder, "round");
  const admin = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on("error", () => {});
  const store = openStore(storeServer.url, true);
  const endings: (() => unknown)[] = [() => admin.disconnect(), () => store.close()];

  try {
    record({ what: "began", at: monotonic(), wall: Date.now() });
    const stopObserving = observe(server.url, all, record);
    endings.unshift(stopObserving);
    const crew: Hand[] = [];
    endings.unshift(() => Promise.all(crew.map((hand) => hand.stop())));
    for (const client of clients) {
      const ofClient = createRandom(random.int(0, 2 ** 31 - 1));
      const nextPost = () => ({
        storeUrl: storeServer.url,
        folder,
        keys,
        jobs,
        hands: HANDS,
        bare,
        seed: ofClient.int(0, 2 ** 31 - 1),
      });
      crew.push(await hire(client, server, nextPost, record));
    }
    await Promise.all(crew.map(({ begun }) => begun));

    const world = { random, crew, server, admin, isPersistent: isOdd, record };
    await rage(world, rageFor, onFault);

    await Promise.all(crew.map((hand) => hand.calm()));
    record({ what: "healed", at: monotonic() });
    await pause(CALM);
    await Promise.all(crew.map((hand) => (isOdd || bare ? hand.finish() : hand.stop())));
    const names = await leftIn(admin);
    record({ what: "left", at: monotonic(), names });
    for (const key of all) record({ what: "store", at: monotonic(), key, ...(await store.read(key)) });
    await stopObserving();
  } finally {
    for (const end of endings) await end();
    await server.stop();
    await storeServer.stop();
    close();
  }

  const history = readHistory(folder);
  const counts: Partial<Record<Event["what"], number>> = {};
  for (const { what } of history) counts[what] = (counts[what] ?? 0) + 1;
  const violations = check(history);
  if (violations.length === 0) await rm(folder, { recursive: true, force: true });
  return { violations, folder, counts };
}

/** Locks and waiters that are left when no lease can last any longer, and keys that never go. */
async function leftIn(admin: Redis): Promise<string[]> {
  const until = monotonic() + LAST_LEASE;
  for (;;) {
    const names = (await admin.keys("*")).filter((name) => !name.startsWith("other:"));
    const isOver = (name: string) => !all.includes(name) && !/[~:](queue|alive)$/.test(name);
    const left = names.filter((name) => !isOver(name));
    const lasting = [];
    for (const name of names) if ((await admin.pttl(name)) === -1) lasting.push(name);
    if ((left.length === 0 && lasting.length === 0) || monotonic() > until) return [...left, ...lasting];
    await pause(50);
  }
}
