import assert from "node:assert/strict";
import type { Driver } from "@distlock/core";
import { TTL } from "./calls";
import type { Command, ContractCase, DriverTarget } from "./target";

/** A ttl after which a lease ends by itself while its case waits. */
export const SHORT_LEASE = 60;
/** How much later than its ttl a lease may seem to end on a busy machine. */
const PATIENCE = 900;

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

/** The tools of a case. */
export interface Scene {
  /** Two drivers of the same place. */
  readonly a: Driver;
  readonly b: Driver;
  readonly keyPrefix: string;
  readonly command: Command | undefined;
  /** The ttl of a lease that `ended` ends: long enough to queue behind it on a slow machine. */
  readonly ending: number;
  /** Has the lease of `key` end. */
  ended(key: string): Promise<void>;
  /** Resolves when the lease of `key` has ended by itself, and rejects if that takes too long. */
  freed(key: string): Promise<void>;
}

/** The tools of a case that looks at the server beneath. */
export interface ServerScene extends Scene {
  readonly command: Command;
  /** The key as the server sees it. */
  there(key: string): string;
  /** All that the server has of a key. */
  namesOf(key: string): Promise<string[]>;
}

export function sceneOf({ drivers: [a, b], command, keyPrefix = "" }: DriverTarget): Scene {
  return {
    a,
    b,
    keyPrefix,
    command,
    ending: command ? TTL : 500,
    async ended(key) {
      await command?.("PEXPIRE", keyPrefix + key, "1");
      while ((await b.inspect(key)).held) await pause();
    },
    async freed(key) {
      const until = performance.now() + PATIENCE;
      while ((await b.inspect(key)).held) {
        assert.ok(performance.now() < until, `still held ${PATIENCE} ms later`);
        await pause();
      }
    },
  };
}

export const serverSceneOf = (target: DriverTarget, command: Command): ServerScene => ({
  ...sceneOf(target),
  command,
  there: (key) => (target.keyPrefix ?? "") + key,
  namesOf: async (key) => ((await command("KEYS", `*${key}*`)) as unknown[]).map(String).sort(),
});

/** The cases of the contract, by title. */
export type Cases<S> = Readonly<Record<string, (scene: S) => Promise<void>>>;

/** Each case with a scene of its own. */
export const casesOf = <S>(cases: Cases<S>, sceneFor: () => S): ContractCase[] =>
  Object.entries(cases).map(([title, run]) => ({ title, run: () => run(sceneFor()) }));
