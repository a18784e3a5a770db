// Tested by packages/core/test/ambiguity.test.ts, test/model/given-up.test.ts
import { isRefusal } from "../driver/backend-error";
import { clock } from "../driver/clock";
import type { Driver } from "../driver/driver";
import { now } from "../driver/lease";
import { background } from "../driver/observe/through";

/** For how long a release that fails is repeated, in ms. */
export const PERSISTENCE = 60_000;
/** The pauses between two tries, in ms: each is twice the last one. */
export const FIRST_REPETITION = 50;
export const LONGEST_REPETITION = 1_000;

/** What the server may still grant to a token. */
interface Outstanding {
  /** Whether a request of the token may yet be granted. The release then leaves a tombstone, which refuses it. */
  readonly tombstone: boolean;
  /** The request without a reply yet. If its reply still says "granted", the token is given up once more. */
  readonly inFlight?: Promise<{ readonly status: string }> | undefined;
}

/**
 * Gives up a token for good, in the background: releases its lock, or takes it out of the queue. By default with a
 * tombstone. Resolves when the first release was answered, or has failed.
 */
export type GiveUpToken = (key: string, token: string, outstanding?: Outstanding) => Promise<void>;

export function createGiveUpToken(driver: Driver): GiveUpToken {
  async function persist(key: string, token: string, tombstone: boolean, tried: () => void): Promise<void> {
    const until = now() + PERSISTENCE;
    for (let pause = FIRST_REPETITION; ; pause = Math.min(pause * 2, LONGEST_REPETITION)) {
      try {
        await background(() => driver.release({ key, token, tombstone }));
        tried();
        return;
      } catch (error) {
        tried();
        if (isRefusal(error) || now() + pause > until) return;
        await new Promise<void>((resolve) => clock.after(pause, resolve, false));
      }
    }
  }

  return (key, token, { tombstone, inFlight } = { tombstone: true }) => {
    inFlight?.then(
      (reply) => {
        if (reply.status === "granted") void persist(key, token, true, () => {});
      },
      () => {},
    );
    return new Promise((resolve) => void persist(key, token, tombstone, resolve));
  };
}
