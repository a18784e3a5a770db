// Tested by packages/core/test/locker.test.ts, packages/core/test/strategies.test.ts
import type { AcquireOperation, Open } from "../../driver/observe/operation";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { AcquireTools } from "./acquire-tools";
import { Candidate } from "./candidate";
import { Mailbox } from "./mailbox";
import { retry } from "./retry";
import type { Strategy, WaitEvent } from "./wait-event";
import { createWaitForSeveral } from "./wait-for-several";
import { waitInQueue } from "./wait-in-queue";

function strategyFor(keys: readonly string[], { wait, waitReplicas }: ResolvedOptions): Strategy {
  if (wait === "retry") return retry;
  return keys.length === 1 && waitReplicas === 0 ? waitInQueue : createWaitForSeveral();
}

/**
 * Asks for the lock until it is granted, and rejects with the reason why the wait ended. Whatever the server may still
 * have of the call is then undone. The keys are in lock order; a grant of several keys was made by a single request.
 * `operation` receives how often it asked, and how many waiters were ahead.
 */
export async function acquireLock(
  keys: readonly string[],
  options: ResolvedOptions,
  tools: AcquireTools,
  operation?: Open<AcquireOperation>,
): Promise<Grant> {
  options.signal?.throwIfAborted();
  const mailbox = new Mailbox<WaitEvent>(options.timeout, options.signal, tools.pendingWaits);
  const candidate = new Candidate(keys, options, tools, mailbox);
  const decide = strategyFor(keys, options);
  try {
    candidate.send();
    for (;;) {
      const event = await mailbox.next();
      if ("by" in event) throw candidate.abandon(event);
      candidate.read(event);
      const grant = decide(candidate, event);
      if (grant) return grant;
    }
  } catch (error) {
    await candidate.giveUp(error);
    throw error;
  } finally {
    candidate.leaveQueue();
    mailbox.dispose();
    if (operation) {
      operation.attempts = (operation.attempts ?? 0) + candidate.diagnosis.attempts;
      operation.ahead ||= candidate.diagnosis.ahead;
      operation.blockedBy ??= candidate.diagnosis.blockedBy;
    }
  }
}
