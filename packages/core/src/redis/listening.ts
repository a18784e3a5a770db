// Tested by test/waiting/clients.test.ts, test/locking/few-rights.test.ts
import { isRefusal } from "../driver/backend-error";
import type { ChannelWarning } from "../driver/channel-warning";
import type { DriverQueue } from "../driver/driver-queue";
import type { RedisConnection } from "./connection";
import { isCrowded, redisError } from "./redis-error";

/**
 * Messages are `<token> <fence> <claim>`, as the scripts publish them. The fence 0 means that the token was forced out: then the
 * rest is the reason.
 */
export const listening =
  (subscribe: NonNullable<RedisConnection["subscribe"]>, { unheard }: ChannelWarning): DriverQueue["listen"] =>
  async (inbox, { granted, forcedOut, ended }, signal) => {
    function onMessage(message: string): void {
      const [token = "", fence, claim, ...reason] = message.split(" ");
      if (fence === "0") forcedOut(token, reason.join(" ") || undefined);
      else granted(token, Number(fence), Number(claim));
    }
    try {
      return await subscribe(`distlock:${inbox}`, onMessage, ended, signal);
    } catch (error) {
      const failure = redisError(error);
      // A client that is ended while it connects fails in many ways.
      if (!signal.aborted && isRefusal(failure) && !isCrowded(error)) unheard(failure);
      throw failure;
    }
  };
