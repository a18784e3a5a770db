import type { Lock, MultiLock } from "@distlock/core";
import type { DriverQueue } from "@distlock/core/driver";

/** Between two attempts to listen, in ms. */
const PAUSE = 1_000;

/** Listens for an operator who frees the lock by force. */
export interface ForcedOut {
  /** What the operator said. */
  readonly reason: string | undefined;
  close(): void;
}

/**
 * A locker listens while it waits. Without a wait it would notice a forced release at its next extension, after a third of the ttl. A
 * message proves nothing, so the lock is extended at once: that shows whether it is still ours, and ends it if not.
 */
export function listenForForce(queue: DriverQueue | undefined, lock: Lock | MultiLock): ForcedOut {
  const { token } = lock;
  const inbox = token.slice(0, token.indexOf(":"));
  const closing = new AbortController();
  const { signal } = closing;
  let reason: string | undefined;
  const look = (): void => void lock.extend().catch(() => {});
  const again = (): void => {
    if (!signal.aborted) setTimeout(open, PAUSE).unref();
  };

  function open(): void {
    const listener = {
      granted() {},
      forcedOut(holder: string, said: string | undefined) {
        if (holder !== token) return;
        reason = said;
        look();
      },
      ended: again,
    };
    if (signal.aborted || !queue) return;
    // A message may have been missed until now.
    queue.listen(inbox, listener, signal).then((close) => {
      signal.addEventListener("abort", () => void close().catch(() => {}));
      look();
    }, again);
  }

  open();
  return {
    get reason() {
      return reason;
    },
    close: () => closing.abort(),
  };
}
