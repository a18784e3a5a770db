// Tested by test/locking/few-rights.test.ts
import { noChannels } from "./backend-error";
import { messageOf } from "./cause";
import type { DriverQueue } from "./driver-queue";
import type { LockError } from "./errors";
import { warn } from "./warning";

type Listen = DriverQueue["listen"];

const refused = new WeakSet<Listen>();

/** True if a driver has warned that its user may not use the channels. The consequences need no warning of their own. */
export const isRefused = ({ listen }: DriverQueue): boolean => refused.has(listen);

/** Warns, once per driver, that its user may not use the channels. */
export interface ChannelWarning {
  /** Notes the key of the last waiter: a warning names it. */
  waited(key: string): void;
  unpublished(key: string, why: string): void;
  /** An attempt to listen was refused. */
  unheard(error: unknown): void;
}

/** `queue` returns the queue of the driver. */
export function channelWarning(queue: () => DriverQueue | undefined): ChannelWarning {
  let lastKey = "";
  let warned = false;

  function warnOnce(warning: LockError): void {
    if (warned) return;
    warned = true;
    const own = queue();
    if (own) refused.add(own.listen);
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
