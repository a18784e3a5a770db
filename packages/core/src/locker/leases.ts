import type { Call, Driver, ForcedOut, TransferReply } from "../driver/driver";
import { assertKey } from "../driver/keys";
import { type ForceReleaseOptions, forceRelease } from "./force-release";
import { createGiveUpToken } from "./give-up-token";
import { createGrantRequests, requestLease } from "./lease-requests";
import { observedLeases } from "./observed-leases";
import { checkTtl } from "./options";
import { assertToken } from "./token";
import { withDeadline } from "./with-deadline";

/** The holder of a lock. */
export interface Holder {
  /**
   * Anyone who has it can release the lock: never log it. The token of a `Locker` begins with 16 random characters and a
   * `:`.
   */
  readonly token: string;
  readonly fence: number;
  /** ms left of the lease. */
  readonly remaining: number;
}

export type LeaseReply =
  /** Held for at least `ttl` ms from when the call was made; `fence` is the fence of the grant. */
  | { readonly status: "granted"; readonly fence: number }
  /** Another token has the lock, for `remaining` ms unless it is extended or released. */
  | { readonly status: "held"; readonly remaining: number }
  /** The token was released, transferred away, given up or forced out: it is refused for what was left of its lease. */
  | { readonly status: "dead" };

/**
 * The locks of a `Locker`, for code that chooses the tokens and looks after the lease itself. Each call is one request,
 * without waiting, timers or extension, and is idempotent for its tokens. Each grant needs a token of its own, random
 * and never used before, for instance `crypto.randomUUID()`.
 *
 * Bad keys, tokens and ttls reject with `TypeError` or `RangeError` before anything is sent. All other failures reject
 * with `LockBackendError`: Redis refused, or did not answer within 5 s, or not before the requested lease was over. It
 * is then unknown what the request did.
 */
export interface Leases {
  /**
   * Grants the lock to the token if it is free. If the token holds it already, the reply has the same fence again (a higher one
   * if Redis has forgotten it), and the lease becomes longer, never shorter. If this rejects, the token is given up: it is released in the background
   * and refused for a minute, so the next attempt needs another token.
   */
  acquire(request: { readonly key: string; readonly token: string; readonly ttl: number }): Promise<LeaseReply>;
  /** Makes the lease last at least `ttl` ms from now, never shorter. `"lost"` if the token does not hold the lock. */
  extend(request: { readonly key: string; readonly token: string; readonly ttl: number }): Promise<"held" | "lost">;
  /**
   * Frees the lock, for the next waiter if a `Locker` has one. `"lost"` if the token does not hold it, and did not free
   * it by an earlier call. If this rejects, the release is repeated in the background, for a minute.
   */
  release(request: { readonly key: string; readonly token: string }): Promise<"released" | "lost">;
  /**
   * Hands the lock to another token; it is never free in between. This is a grant with a new fence, and a lease of
   * `ttl` ms from now, even if more was left of the old lease. `from` counts as released; waiters keep their places.
   * `"lost"` if `from` does not hold the lock, `"dead"` if `to` was given up or forced out: nothing was done then. A
   * repeated call resolves with the same fence. If this rejects, `to` is given up as by a failed `acquire`; `from` may
   * still hold the lock, and may yet lose it. Rejects with `TypeError` if the driver can't transfer.
   */
  transfer(request: {
    readonly key: string;
    readonly from: string;
    readonly to: string;
    readonly ttl: number;
  }): Promise<TransferReply>;
  /** The holder of the lock, a `Locker` or other code; `null` when the lock is free. */
  holder(key: string): Promise<Holder | null>;
  /** Frees the lock, no matter who holds it; the holder's token is dead. True if it freed the lock. */
  forceRelease(key: string, options?: ForceReleaseOptions): Promise<boolean>;
}

const CANNOT_TRANSFER = "transfer needs a driver that can transfer a lock: this one has no method `transfer`";

/** Code that looks after the lease itself learns only that the lock is lost. */
const withoutReason = <R extends string>(reply: R | ForcedOut): R | "lost" =>
  typeof reply === "string" ? reply : "lost";

/** Throws `TypeError` if `driver` is not a driver. */
export function createLeases(driver: Driver): Leases {
  if (typeof driver?.acquire !== "function" || typeof driver.extend !== "function") {
    throw new TypeError("createLeases needs a driver, such as ioredisDriver(client) or nodeRedisDriver(client)");
  }
  const giveUpToken = createGiveUpToken(driver);
  const grants = createGrantRequests(giveUpToken);

  return observedLeases({
    async acquire({ key, token, ttl }) {
      assertKey(key);
      assertToken("token", token);
      checkTtl(ttl);
      const send = (call: Call) => driver.acquire({ keys: [key], token, ttl }, call);
      const reply = await grants.send("acquire", key, token, ttl, send);
      if (reply.status === "granted") return { status: "granted", fence: reply.fences[0]! };
      return reply.status === "dead" ? { status: "dead" } : { status: "held", remaining: reply.remaining };
    },

    async extend({ key, token, ttl }) {
      assertKey(key);
      assertToken("token", token);
      checkTtl(ttl);
      return requestLease("extend", key, ttl, () => driver.extend({ key, token, ttl }).then(withoutReason));
    },

    async release({ key, token }) {
      assertKey(key);
      assertToken("token", token);
      const tombstone = grants.areInFlight(key, token);
      return withDeadline("release", key, () => driver.release({ key, token, tombstone })).then(
        withoutReason,
        (error) => {
          void giveUpToken(key, token, { tombstone });
          throw error;
        },
      );
    },

    async transfer({ key, from, to, ttl }) {
      assertKey(key);
      assertToken("from", from);
      assertToken("to", to);
      if (from === to) throw new RangeError("to must be another token than from");
      checkTtl(ttl);
      const { transfer } = driver;
      if (!transfer) throw new TypeError(CANNOT_TRANSFER);
      return grants.send("transfer", key, to, ttl, () => transfer.call(driver, { key, from, to, ttl }));
    },

    async holder(key) {
      assertKey(key);
      const { token, fence, remaining } = await withDeadline("inspect", key, () => driver.inspect(key));
      return token === null ? null : { token, fence, remaining };
    },

    forceRelease: (key, options) => forceRelease(driver, key, options),
  });
}
