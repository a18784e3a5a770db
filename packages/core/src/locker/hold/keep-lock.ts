// Tested by packages/core/test/once.test.ts
import { isRefusal } from "../../driver/backend-error";
import { clock } from "../../driver/clock";
import type { TransferReply } from "../../driver/driver";
import { LockBackendError } from "../../driver/errors";
import { MIN_TTL, now } from "../../driver/lease";
import { warn } from "../../driver/observe/facts";
import { ANSWER_TIMEOUT, turn, withTimeout } from "../../driver/with-timeout";
import { FIRST_REPETITION, LONGEST_REPETITION } from "../give-up-token";
import { successorOf } from "../token";
import type { HeldLock } from "./held-lock";
import { releaseLock } from "./lock-calls";
import { TAKEN } from "./loss";

/**
 * Ends a hold, and keeps its key taken until `until`: moves the lock to a token that nobody has, with a lease of its own. So an
 * extension that is still under way can't make the new lease longer. The request is repeated until the old lease is over: meanwhile
 * nobody else can have the key. Rejects with `LockLostError` if the lock was lost before. If it can't be known whether the key
 * stays taken, it publishes a warning.
 */
export async function keepLock(held: HeldLock, until: number): Promise<void> {
  if (held.mayHaveUnreadReplies) await turn();
  if (!held.isHeld) throw held.endedError;
  if (until - now() < MIN_TTL) return releaseLock(held, "released");
  held.leave("releasing");
  const reply = await moved(held, until);
  if (reply === "lost" && now() < Math.min(held.deadline, until)) throw held.end(TAKEN);
  held.state = "released";
  held.watch?.partEnded("released");
}

/** Sends the transfer until there is a reply, or the lease is over. */
async function moved(
  { key, grant, tools, deadline }: HeldLock,
  until: number,
): Promise<TransferReply["status"] | undefined> {
  const to = successorOf(grant.token);
  let failure: unknown;
  for (let pause = FIRST_REPETITION; now() < deadline; pause = Math.min(pause * 2, LONGEST_REPETITION)) {
    try {
      const ttl = Math.max(MIN_TTL, Math.ceil(until - now()));
      const answer = tools.driver.transfer!({ key, from: grant.token, to, ttl });
      const patience = Math.min(ANSWER_TIMEOUT, deadline - now());
      return (await withTimeout(patience, answer, () => new Error(`no answer within ${Math.round(patience)} ms`)))
        .status;
    } catch (error) {
      failure = error;
      if (isRefusal(error)) break;
    }
    const rest = Math.min(pause, Math.max(0, deadline - now()));
    await new Promise<void>((resolve) => clock.after(rest, resolve, true));
  }
  warn(
    new LockBackendError(
      key,
      "the work is done, but it is not known whether its key stays taken for the period",
      failure,
    ),
  );
  return undefined;
}
