import { isRefusal } from "./backend-error";
import { messageOf } from "./cause";
import { LockBackendError } from "./errors";
import { warn } from "./warning";

/** Warns once per driver that the server lets its user use no channels; and again if it did meanwhile. */
export interface ChannelWarning {
  /** The key that was waited for last: a warning names it. */
  waited(key: string): void;
  unpublished(key: string, why: string): void;
  /** An attempt to listen failed. */
  unheard(error: unknown): void;
  listens(): void;
}

export function channelWarning(): ChannelWarning {
  let lastKey = "";
  let warned = false;

  function warnOnce(key: string, what: string, cause?: unknown): void {
    if (warned) return;
    warned = true;
    const cure = "see that the user may SUBSCRIBE and PUBLISH (+subscribe +publish &distlock:*)";
    warn(new LockBackendError(key, `${what}; waiters are granted all the same, up to 1 s later: ${cure}`, cause));
  }

  return {
    waited(key) {
      lastKey = key;
    },
    unpublished: (key, why) => warnOnce(key, `the server refuses to publish messages of grants: ${why}`),
    unheard(error) {
      if (isRefusal(error)) {
        warnOnce(lastKey, `the server refuses to send messages of grants: ${messageOf(error)}`, error);
      }
    },
    listens() {
      warned = false;
    },
  };
}
