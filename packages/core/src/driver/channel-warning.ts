// Tested by test/locking/few-rights.test.ts
import { noChannels } from "./backend-error";
import { messageOf } from "./cause";
import type { Driver } from "./driver";
import type { LockError } from "./errors";
import { warn } from "./warning";

type Listen = NonNullable<Driver["listen"]>;

const refused = new WeakSet<Listen>();

/** True if a driver has warned that its user may not use the channels. The consequences need no warning of their own. */
export const isRefused = (listen: Listen | undefined): boolean => listen !== undefined && refused.has(listen);

/** Warns, once per driver, that its user may not use the channels. */
export interface ChannelWarning {
  /** Notes the key of the last waiter: a warning names it. */
  waited(key: string): void;
  unpublished(key: string, why: string): void;
  /** An attempt to listen was refused. */
  unheard(error: unknown): void;
}

/** `listen` returns the method of the driver. */
export function channelWarning(listen: () => Listen | undefined): ChannelWarning {
  let lastKey = "";
  let warned = false;

  function warnOnce(warning: LockError): void {
    if (warned) return;
    warned = true;
    const own = listen();
    if (own) refused.add(own);
    warn(warning);
  }

  return {
    waited(key) {
      lastKey = key;
    },
    unpublished: (key, why) => warnOnce(noChannels(key, why)),
    unheard: (error) => warnOnce(noChannels(lastKey, messageOf(error), error)),
  };
}
