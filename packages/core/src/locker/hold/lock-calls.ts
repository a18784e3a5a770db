// Tested by packages/core/test/hold.test.ts, packages/core/test/locker.test.ts, test/holding/release.test.ts
import { backendError, noAnswer } from "../../driver/backend-error";
import type { ExtendReply, ReleaseReply } from "../../driver/driver";
import { now } from "../../driver/lease";
import { ANSWER_TIMEOUT, turn, withTimeout } from "../../driver/with-timeout";
import { clientsFlushed } from "../clients-flushed";
import { checkTtl } from "../options";
import type { HeldLock } from "./held-lock";
import { lossIn } from "./loss";

/**
 * Resolves once the extension of a handed-over lock is sent, since the work that follows may keep the event loop busy. False if
 * the lock is lost already, for instance because the process stalled until the claim was over.
 */
export async function isHeldAfterSending(held: HeldLock): Promise<boolean> {
  await clientsFlushed();
  if (held.mayHaveUnreadReplies) await turn();
  return held.isHeld;
}

/** `Lock.extend`. `onHeld` receives the rest of the lease when the reply was read, in ms. */
export async function extendLock(held: HeldLock, ttl = held.ttl, onHeld?: (left: number) => void): Promise<void> {
  checkTtl(ttl);
  const { key, grant } = held;
  if (held.mayHaveUnreadReplies) await turn();
  if (!held.isHeld) throw held.endedError;
  const sent = now();
  const patience = Math.min(ANSWER_TIMEOUT, held.deadline - sent + 1); // a timer may be early: no loss yet
  const answer = held.tools.driver.extend({ key, token: grant.token, ttl });
  held.extensions.sent(sent);
  let reply: ExtendReply;
  try {
    reply = await withTimeout(patience, answer, () => noAnswer(key, "extend", patience));
  } catch (error) {
    answer.then(
      (late) => (late === "held" ? held.extended(sent, ttl) : held.extensions.settled()),
      () => held.extensions.settled(),
    );
    held.failure = error;
    if (held.mayHaveUnreadReplies) await turn();
    throw held.isHeld ? backendError(key, "extend", error) : held.endedError;
  }
  if (reply === "held") {
    onHeld?.(Math.max(0, held.deadline - now()));
    held.extended(sent, ttl);
  } else held.lost(...lossIn(reply));
  if (!held.isHeld) throw held.endedError;
}

/** `Lock.release`. Calls at the same time share a request; a call after one that failed sends another. */
export async function releaseLock(held: HeldLock, how: "released" | "disposed"): Promise<void> {
  if (held.state === "released") return;
  if (held.mayHaveUnreadReplies) await turn();
  if (held.state !== "releasing" && !held.isHeld) throw held.endedError;
  held.releasing ??= sendRelease(held, how);
  try {
    await held.releasing;
  } finally {
    held.releasing = undefined;
  }
}

async function sendRelease(held: HeldLock, how: "released" | "disposed"): Promise<void> {
  const { key, grant, tools } = held;
  held.leave("releasing");
  let reply: ReleaseReply;
  try {
    const answer = tools.driver.release({ key, token: grant.token, tombstone: grant.outcomeUnknown });
    reply = await withTimeout(ANSWER_TIMEOUT, answer, () => noAnswer(key, "release"));
  } catch (error) {
    held.watch?.partEnded(how);
    void tools.giveUpToken(key, grant.token);
    throw backendError(key, "release", error);
  }
  // A reply "lost" after the end of the lease does not matter: the release was called in time, and the key is not ours.
  if (reply !== "released" && now() < held.deadline) throw held.end(...lossIn(reply));
  held.state = "released";
  held.watch?.partEnded(how);
}
