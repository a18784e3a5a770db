import type { Open } from "./contestant";

/** A library to compare. */
export interface Contestant {
  readonly name: string;
  readonly client: "ioredis" | "node-redis";
  /** How it waits, and which of its defaults were changed. */
  readonly settings: string;
  readonly load: () => Promise<{ readonly open: Open }>;
}

const waits = "asks again after";

/** In the order of the tables. Loaded only in the process that runs one, so that none warms up or slows another. */
export const contestants = {
  "distlock-ioredis": {
    name: "distlock",
    client: "ioredis",
    settings: "defaults (queue); timeout Infinity",
    load: () => import("./distlock-ioredis"),
  },
  "distlock-node-redis": {
    name: "distlock",
    client: "node-redis",
    settings: "defaults (queue); timeout Infinity",
    load: () => import("./distlock-node-redis"),
  },
  "bare-ioredis": {
    name: "bare loop",
    client: "ioredis",
    settings: `SET NX PX and the release script; ${waits} 100 ms, as in the guides, without end`,
    load: () => import("./bare-ioredis"),
  },
  "bare-node-redis": {
    name: "bare loop",
    client: "node-redis",
    settings: `SET NX PX and the release script; ${waits} 100 ms, as in the guides, without end`,
    load: () => import("./bare-node-redis"),
  },
  "redis-semaphore": {
    name: "redis-semaphore",
    client: "ioredis",
    settings: `Mutex; ${waits} 10 ms (default); acquireTimeout Infinity`,
    load: () => import("./redis-semaphore"),
  },
  redlock: {
    name: "redlock",
    client: "ioredis",
    settings: `${waits} 200 ms ± 100 (default); retryCount -1`,
    load: () => import("./redlock"),
  },
  "redlock-universal-ioredis": {
    name: "redlock-universal",
    client: "ioredis",
    settings: `createLock; ${waits} 100 ms (default); retryAttempts 1 000 000`,
    load: () => import("./redlock-universal-ioredis"),
  },
  "redlock-universal-node-redis": {
    name: "redlock-universal",
    client: "node-redis",
    settings: `createLock; ${waits} 100 ms (default); retryAttempts 1 000 000`,
    load: () => import("./redlock-universal-node-redis"),
  },
  "simple-redis-mutex": {
    name: "simple-redis-mutex",
    client: "node-redis",
    settings: "defaults: every release wakes every waiter",
    load: () => import("./simple-redis-mutex"),
  },
  "node-redisson": {
    name: "node-redisson",
    client: "ioredis",
    settings: "defaults (pubsub): every release wakes every waiter",
    load: () => import("./node-redisson"),
  },
} as const satisfies Record<string, Contestant>;

export type ContestantId = keyof typeof contestants;
export const contestantIds = Object.keys(contestants) as ContestantId[];

export const titleOf = (id: ContestantId): string => `${contestants[id].name} (${contestants[id].client})`;

/** The bare loop on the same client library, with which a contestant is compared. */
export const bareOf = (id: ContestantId): ContestantId => `bare-${contestants[id].client}`;
