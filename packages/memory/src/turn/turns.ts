import type { Locker, LockOptions } from "@distlock/core";
import type { OpenMemory } from "../store/memory";
import { createTurn } from "./create-turn";
import { runWithLock } from "./held-locks";
import { assertHeld } from "./shared-lock";
import { takeTurn } from "./take-turn";
import type { AnyTurn } from "./turn";
import { resolveTurnOptions, type TurnOptions } from "./turn-options";
import { optionsAndWork, type TurnWork } from "./turn-work";

/**
 * Turns of one session, one at a time over all processes. Both reject with `LockNotAcquiredError` if the session
 * stays busy, with `LockBackendError` if Redis does not answer for about 5 s, otherwise as `locker.acquire` does; with `TypeError` or
 * `RangeError` for bad options; and with `StaleTurnError` within a turn of the same session that has lost its lock.
 */
export interface Turns<T> {
  /**
   * Does the work as one turn, and returns its result, or rejects with its error. Calls that the work makes of a memory with
   * the same locker and key, turns too, use the lock of this turn. Turns and runs within one take place one at a time, and
   * wait for each other as their own options say; writes wait for nothing.
   */
  withTurn<R>(work: TurnWork<T, R>): Promise<R>;
  withTurn<R>(options: TurnOptions, work: TurnWork<T, R>): Promise<R>;
  /**
   * A turn that goes on after the caller has returned: until `end`, the end of a stream that it holds, `maxIdle` or
   * `maxTurn`. The caller's code after it is not within the turn, and does not count as its work: see `run`.
   */
  beginTurn(options?: TurnOptions): Promise<T>;
}

export function createTurns(memory: OpenMemory, locker: Locker, key: string, base: LockOptions): Turns<AnyTurn> {
  async function start(options: TurnOptions | undefined, uses: 0 | 1) {
    const shared = await takeTurn(locker, key, resolveTurnOptions(base, options));
    return { shared, ...createTurn(memory, locker, shared, uses) };
  }

  return {
    async withTurn<R>(...rest: [TurnWork<AnyTurn, R>] | [TurnOptions, TurnWork<AnyTurn, R>]): Promise<R> {
      const [options, work] = optionsAndWork(rest);
      const { shared, turn, done } = await start(options, 1);
      let result: R;
      try {
        assertHeld(shared); // This process may have been busy since.
        result = await runWithLock(locker, shared, () => work(turn));
      } catch (error) {
        await turn.end();
        throw error;
      }
      await done();
      return result;
    },
    beginTurn: async (options) => (await start(options, 0)).turn,
  };
}
