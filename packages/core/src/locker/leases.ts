import { backendError, noAnswer, type Verb } from "../driver/backend-error";
import type { Call, Driver, ExtendReply, ReleaseReply, TransferReply } from "../driver/driver";
import { assertKey } from "../driver/keys";
import { leaseEnd, now } from "../driver/lease";
import { checkTtl } from "./options";
import { assertToken } from "./token";
import { createUndo, written } from "./undo";
import { ANSWER_TIMEOUT, within } from "../driver/within";

/** Who holds a lock. */
export interface Holder {
  /** Whoever has it can release the lock: never log it. That of a `Locker` begins with 16 random characters and a `:`. */
  readonly token: string;
  readonly fence: number;
  /** ms left of the lease. */
  readonly remaining: number;
}

export type LeaseReply =
  /** Held for at least `ttl` ms from when the call was made; `fence` is that of the grant. */
  | { readonly status: "granted"; readonly fence: number }
  /** Another token has it, for `remaining` ms unless it is extended or released. */
  | { readonly status: "held"; readonly remaining: number }
  /** The token was released, transferred away, given up or forced out: it is refused for what was left of its lease. */
  | { readonly status: "dead" };

/**
 * The same locks as a `Locker` gives out, for code that chooses the tokens and looks after the lease itself: each call is one
 * request, without waiting, timers or extension, and is idempotent for its tokens. Each grant needs a token of its own, at
 * random and never used again, for instance `crypto.randomUUID()`.
 *
 * Bad keys, tokens and ttls reject with `TypeError` or `RangeError` before anything is sent. All else that fails rejects with
 * `LockBackendError`: Redis refused, or did not answer within 5 s, or not before the lease that was asked for was over.
 * What the request did is then unknown.
 */
export interface Leases {
  /**
   * Grants the lock to the token if it is free. The token that holds it is told its fence again, and its lease is made
   * longer, never shorter. If this rejects, the token is given up: it is released in the background and refused for a
   * minute, so that the next attempt needs another one.
   */
  acquire(request: { readonly key: string; readonly token: string; readonly ttl: number }): Promise<LeaseReply>;
  /** Makes the lease last at least `ttl` ms from now, never shorter. `"lost"` if the token does not hold the lock. */
  extend(request: { readonly key: string; readonly token: string; readonly ttl: number }): Promise<ExtendReply>;
  /**
   * Frees the lock, for the next waiter if a `Locker` has one. `"lost"` if the token does not hold it, and did not free it by
   * an earlier call. If this rejects, the release is repeated in the background, for a minute.
   */
  release(request: { readonly key: string; readonly token: string }): Promise<ReleaseReply>;
  /**
   * Gives the lock to another token, without its being free in between: a grant with a new fence, and a lease of `ttl` ms from
   * now, also where more was left of the old one. `from` counts as released; waiters keep their places. `"lost"` if `from`
   * does not hold the lock, `"dead"` if `to` was given up or forced out: nothing was done then. A repeated call is told the
   * same fence. If this rejects, `to` is given up as by a failed `acquire`; `from` may hold the lock or not, and may yet lose it.
   */
  transfer(request: {
    readonly key: string;
    readonly from: string;
    readonly to: string;
    readonly ttl: number;
  }): Promise<TransferReply>;
  /** Who holds the lock, of whatever kind; `null` when it is free. */
  holder(key: string): Promise<Holder | null>;
  /** Frees the lock whoever holds it; that token is dead. True if somebody did. */
  forceRelease(key: string): Promise<boolean>;
}

const nameOf = (key: string, token: string): string => JSON.stringify([key, token]);

/** Throws `TypeError` for what is no driver. */
export function createLeases(driver: Driver): Leases {
  if (typeof driver?.acquire !== "function" || typeof driver.transfer !== "function") {
    throw new TypeError("createLeases needs a driver, such as ioredisDriver(client) or nodeRedisDriver(client)");
  }
  const undo = createUndo(driver);
  /** How many requests that may grant a token have no answer yet. A release of it must refuse them. */
  const unanswered = new Map<string, number>();

  async function ask<T>(verb: Verb, key: string, patience: number, send: () => Promise<T>): Promise<T> {
    try {
      return await within(patience, send(), () => noAnswer(key, verb, patience));
    } catch (error) {
      throw backendError(key, verb, error);
    }
  }

  /** A request that gives a token a lease: an answer that comes when that is over is none. */
  async function lease<T extends { readonly status: string } | ExtendReply>(
    verb: Verb,
    key: string,
    ttl: number,
    send: () => Promise<T>,
  ): Promise<T> {
    const sent = now();
    const patience = Math.min(ANSWER_TIMEOUT, ttl);
    const reply = await ask(verb, key, patience, send);
    const given = reply === "held" || (typeof reply === "object" && reply.status === "granted");
    if (given && now() >= leaseEnd(sent, ttl)) throw noAnswer(key, verb, patience);
    return reply;
  }

  /** The same for a token that may not have the lock yet. */
  async function grant<T extends { readonly status: string }>(
    verb: Verb,
    key: string,
    token: string,
    ttl: number,
    send: (call: Call) => Promise<T>,
  ): Promise<T> {
    const name = nameOf(key, token);
    const count = (by: 1 | -1) => {
      const left = (unanswered.get(name) ?? 0) + by;
      if (left > 0) unanswered.set(name, left);
      else unanswered.delete(name);
    };
    const call = { abandoned: false };
    let pending: Promise<T> | undefined;
    count(1);
    try {
      return await lease(verb, key, ttl, () => {
        pending = send(call);
        return pending;
      });
    } catch (error) {
      if (pending) {
        call.abandoned = true;
        void undo(key, token, { refuse: true, pending });
        await written();
      }
      throw error;
    } finally {
      count(-1);
    }
  }

  return {
    async acquire({ key, token, ttl }) {
      assertKey(key);
      assertToken("token", token);
      checkTtl(ttl);
      const reply = await grant("acquire", key, token, ttl, (call) => driver.acquire({ key, token, ttl }, call));
      return reply as LeaseReply; // who does not ask for a place in the queue is given none
    },

    async extend({ key, token, ttl }) {
      assertKey(key);
      assertToken("token", token);
      checkTtl(ttl);
      return lease("extend", key, ttl, () => driver.extend({ key, token, ttl }));
    },

    async release({ key, token }) {
      assertKey(key);
      assertToken("token", token);
      const refuse = unanswered.has(nameOf(key, token));
      return ask("release", key, ANSWER_TIMEOUT, () => driver.release({ key, token, undo: refuse })).catch((error) => {
        void undo(key, token, { refuse });
        throw error;
      });
    },

    async transfer({ key, from, to, ttl }) {
      assertKey(key);
      assertToken("from", from);
      assertToken("to", to);
      if (from === to) throw new RangeError("to must be another token than from");
      checkTtl(ttl);
      return grant("transfer", key, to, ttl, () => driver.transfer({ key, from, to, ttl }));
    },

    async holder(key) {
      assertKey(key);
      const { token, fence, remaining } = await ask("inspect", key, ANSWER_TIMEOUT, () => driver.inspect(key));
      return token === null ? null : { token, fence, remaining };
    },

    async forceRelease(key) {
      assertKey(key);
      return ask("forceRelease", key, ANSWER_TIMEOUT, () => driver.forceRelease(key));
    },
  };
}
