// Tested by packages/core/test/channel-warning.test.ts, test/locking/few-rights.test.ts
import { noChannels } from "./backend-error";
import { messageOf } from "./cause";
import type { DriverQueue } from "./driver-queue";
import { warn } from "./observe/facts";

type Listen = DriverQueue["listen"];

const refused = new WeakSet<Listen>();

/**
 * True if the server has refused the driver's user the use of the channels, and no message has arrived since. The consequences
 * need no warning of their own.
 */
export const isRefused = ({ listen }: DriverQueue): boolean => refused.has(listen);

/** A message arrived: the user may listen, and somebody may publish. */
export const messageArrived = ({ listen }: DriverQueue): void => void refused.delete(listen);

/**
 * Warns that the user of a driver may not use the channels: that it may not listen, once until a message arrives; that it may
 * not publish, once, since the messages that arrive may be from users who may.
 */
export interface ChannelWarning {
  /** Notes the key of the last call: a warning names it. */
  wanted(key: string): void;
  unpublished(key: string, why: string): void;
  /** An attempt to listen was refused. */
  unheard(error: unknown): void;
}

/** `queue` returns the queue of the driver. */
export function channelWarning(queue: () => DriverQueue | undefined): ChannelWarning {
  let lastKey = "";
  let isPublishingReported = false;

  /** Notes the refusal. Returns true if it has to be reported. */
  function isNew(): boolean {
    const own = queue()?.listen;
    const wasRefused = own && refused.has(own);
    if (own) refused.add(own);
    return !wasRefused;
  }

  return {
    wanted(key) {
      lastKey = key;
    },
    unpublished(key, why) {
      if (!isNew() || isPublishingReported) return;
      isPublishingReported = true;
      warn(noChannels(key, why));
    },
    unheard(error) {
      if (isNew()) warn(noChannels(lastKey, messageOf(error), error));
    },
  };
}
