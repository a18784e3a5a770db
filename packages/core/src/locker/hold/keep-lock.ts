// Tested by packages/core/test/once.test.ts
import { isLasting } from "../../driver/backend-error";
import { clock } from "../../driver/clock";
import type { ReleaseReply } from "../../driver/driver";
import { LockBackendError } from "../../driver/errors";
import { leaseEnd, MIN_TTL, now } from "../../driver/lease";
import { warn } from "../../driver/observe/facts";
import { ANSWER_TIMEOUT, turn, withTimeout } from "../../driver/with-timeout";
import { FIRST_REPETITION, LONGEST_REPETITION } from "../give-up-token";
import { successorOf } from "../token";
import type { HeldLock } from "./held-lock";
import { releaseLock } from "./lock-calls";
import { lossIn } from "./loss";

/**
 * Ends a hold, and keeps its key taken until `until`: moves the lock to a token that nobody has, with a lease of its own. So an
 * extension that is still under way can't make the new lease longer. The request is repeated until the old lease is over: meanwhile
 * nobody else can have the key. Rejects with `LockLostError` if the lock was lost before. If the key may be free before `until`, it
 * publishes a warning.
 */
export async function keepLock(held: HeldLock, until: number): Promise<void> {
  if (held.state === "released" || held.state === "releasing") return mayBeFree(held, "the work released its lock");
  if (held.mayHaveUnreadReplies) await turn();
  if (!held.isHeld) throw held.endedError;
  if (until - now() < MIN_TTL) return releaseLock(held, "released");
  held.leave("releasing");
  const outcome = await move(held, until);
  if (outcome === "lost" && now() < held.deadline) throw held.end(...lossIn(await reasonOf(held)));
  if (outcome === "lost") mayBeFree(held, "its lease was over before Redis knew of the end of its work");
  held.state = "released";
  held.watch?.partEnded("released");
}

/** Sends the transfer until there is a reply, or the lease is over. */
async function move(held: HeldLock, until: number): Promise<"kept" | "lost" | "unknown"> {
  const { key, grant, tools, deadline } = held;
  const to = successorOf(grant.token);
  let failure: unknown;
  /** When the lease that the first request asked for ends, if that was carried out. */
  let end: number | undefined;
  for (let pause = FIRST_REPETITION; now() < deadline; pause = Math.min(pause * 2, LONGEST_REPETITION)) {
    try {
      const ttl = Math.max(MIN_TTL, Math.ceil(until - now()));
      const isOver = end !== undefined && now() >= end;
      end ??= leaseEnd(now(), ttl);
      const answer = tools.driver.transfer!({ key, from: grant.token, to, ttl });
      const patience = Math.min(ANSWER_TIMEOUT, deadline - now());
      const { status } = await withTimeout(patience, answer, () => new Error(`no answer within ${patience} ms`));
      return status === "lost" && !isOver ? "lost" : "kept";
    } catch (error) {
      failure = error;
      if (isLasting(error)) break;
    }
    const rest = Math.min(pause, Math.max(0, deadline - now()));
    await new Promise<void>((resolve) => clock.after(rest, resolve, true));
  }
  mayBeFree(held, "Redis did not confirm the end of its work", failure);
  return "unknown";
}

/** What a release of the lost lock says: why it was forced out, if it was. */
async function reasonOf({ key, grant, tools }: HeldLock): Promise<Exclude<ReleaseReply, "released">> {
  const answer = tools.driver.release({ key, token: grant.token, tombstone: false });
  const reply = await withTimeout(ANSWER_TIMEOUT, answer, () => new Error("no answer")).catch(() => "lost" as const);
  return reply === "released" ? "lost" : reply;
}

const mayBeFree = ({ key }: HeldLock, why: string, cause?: unknown): void =>
  warn(
    new LockBackendError(
      key,
      `the job of this period is done, but its key may be free before the period is over: ${why}`,
      cause,
    ),
  );
