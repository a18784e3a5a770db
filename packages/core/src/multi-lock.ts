import type { HeldLock, Lock } from "./lock";
import { warn } from "./warning";

/** The exclusive right to several keys at once: lost as a whole when one of them is lost. */
export interface MultiLock extends Omit<Lock, "key" | "fence"> {
  /** Each once, in the order in which they were taken. */
  readonly keys: readonly string[];
  /** Of each key. */
  readonly fences: ReadonlyMap<string, number>;
}

export function createMultiLock(parts: readonly HeldLock[]): MultiLock {
  const [{ token }] = parts as readonly [HeldLock];
  const controller = new AbortController();

  function onLoss(this: AbortSignal): void {
    if (controller.signal.aborted) return; // of a part that was just given up
    controller.abort(this.reason);
    for (const part of parts) part.abandon();
  }
  for (const { signal } of parts) {
    if (signal.aborted) onLoss.call(signal);
    else signal.addEventListener("abort", onLoss, { once: true });
  }

  /** Of all parts. Rejects with the loss if one was lost, else with the first failure. */
  async function each(step: (part: HeldLock) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(parts.map(step));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw controller.signal.aborted ? controller.signal.reason : failed.reason;
  }

  const isHeld = () => parts.every((part) => part.isHeld);
  const release = () => each((part) => part.release());
  return {
    keys: parts.map(({ key }) => key),
    token,
    fences: new Map(parts.map(({ key, fence }) => [key, fence])),
    get signal() {
      isHeld();
      return controller.signal;
    },
    get isHeld() {
      return isHeld();
    },
    remaining: () => (isHeld() ? Math.min(...parts.map((part) => part.remaining())) : 0),
    extend: (ttl) => each((part) => part.extend(ttl)),
    release,
    [Symbol.asyncDispose]: () => release().catch(warn),
  };
}
