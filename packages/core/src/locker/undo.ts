import { isRefusal } from "../driver/backend-error";
import type { Driver } from "../driver/driver";
import { now } from "../driver/lease";
import { turn } from "../driver/within";

/** How long a failing release is repeated, in ms. */
export const PERSISTENCE = 60_000;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Resolves when clients have written what was asked for until now: some do at the end of the event loop's turn. */
export async function written(): Promise<void> {
  for (let i = 0; i < 2; i++) await turn();
}

/**
 * Gives a token up for good, in the background: releases it, or takes it out of the queue. `refuse`: an acquire of it may
 * still be under way, and is refused when it lands. `pending` is such an acquire: if it still answers "granted", the token is
 * given up again. Resolves when the first release was answered, or has failed.
 */
export type Undo = (
  key: string,
  token: string,
  how?: { readonly refuse: boolean; readonly pending?: Promise<{ readonly status: string }> | undefined },
) => Promise<void>;

export function createUndo(driver: Driver): Undo {
  async function persist(key: string, token: string, refuse: boolean, tried: () => void): Promise<void> {
    const until = now() + PERSISTENCE;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        await driver.release({ key, token, undo: refuse });
        tried();
        return;
      } catch (error) {
        tried();
        if (isRefusal(error) || now() + pause > until) return;
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
  }
  return (key, token, { refuse, pending } = { refuse: true }) => {
    pending?.then(
      (reply) => {
        if (reply.status === "granted") void persist(key, token, true, () => {});
      },
      () => {},
    );
    return new Promise((resolve) => void persist(key, token, refuse, resolve));
  };
}
