import { type Holder, type Leases, LockBackendError, LockError } from "@distlock/core";
import { warn } from "@distlock/core/driver";
import { assertLeases } from "../../support/assert-leases";
import { frameworkKey } from "../framework-key";
import { createOrder } from "./order";
import { newToken, ownerOf } from "./owned-token";

export interface LeaseOptions {
  /** The key of the lock for a lease's key. Default `mastra:lease:{<key>}`, percent-encoded. */
  key?: ((key: string) => string) | undefined;
}

/** The lease's owner after the call, if it has one that is known. */
interface AcquiredLease {
  acquired: boolean;
  owner?: string;
}

/**
 * Mastra's `LeaseProvider`. Each owner is any string, which several processes may know. Calls for one key take effect in the
 * order in which they were made. All reject with `LockBackendError` if Redis does not answer within 5 s or refuses, which is
 * also a warning, since Mastra ignores it; and with `TypeError` or `RangeError` for a bad key, owner or ttl.
 */
export interface LeaseProvider {
  /** Grants the lease if it is free or the owner's already, which it then keeps for at least `ttlMs` from now. */
  acquireLease(key: string, owner: string, ttlMs: number): Promise<AcquiredLease>;
  /** `undefined` if nobody has the lease, or a holder that is not an owner of this provider. */
  getLeaseOwner(key: string): Promise<string | undefined>;
  /** Does nothing for anybody but the owner of the lease. */
  releaseLease(key: string, owner: string): Promise<void>;
  /** False if the owner does not have the lease. It makes a lease longer, never shorter. */
  renewLease(key: string, owner: string, ttlMs: number): Promise<boolean>;
  /** Passes the lease to another owner; it is never free in between. False if `fromOwner` does not have it. */
  transferLease(key: string, fromOwner: string, toOwner: string, ttlMs: number): Promise<boolean>;
}

/** For how many keys. A forgotten one costs nothing while Redis answers. */
const REMEMBERED = 10_000;

/** How often the holder may change between a read of it and the next step: each time, another process succeeded. */
const LOOKS = 100;

function assertOwner(name: string, owner: unknown): asserts owner is string {
  if (typeof owner !== "string") throw new TypeError(`${name} must be a string, got ${typeof owner}`);
}

/**
 * Leases for Mastra's pub/sub: `Object.assign(pubsub, leaseProvider(createLeases(driver)))`.
 *
 * Each grant has a token of its own, which names the owner. A call for an owner first looks which token holds the lease, then
 * acts on exactly that token. So a command that comes late, or twice, is for a token that is gone.
 * Throws `TypeError` for bad arguments.
 */
export function leaseProvider(leases: Leases, { key: keyOption }: LeaseOptions = {}): LeaseProvider {
  assertLeases("leaseProvider", leases);
  const keyOf = frameworkKey("mastra:lease", "key", keyOption);
  const inOrder = createOrder();
  /**
   * Per key the token that an answer granted us, until we ask for what ends it: so long nothing is under way, nor repeated,
   * that could take the lease from it. That is not known of other tokens.
   */
  const granted = new Map<string, string>();

  function remember(key: string, token: string): true {
    granted.delete(key);
    granted.set(key, token);
    if (granted.size > REMEMBERED) granted.delete(granted.keys().next().value!);
    return true;
  }

  async function run<T>(key: string, work: (key: string) => Promise<T>): Promise<T> {
    const lock = keyOf(key);
    try {
      return await inOrder(lock, () => work(lock));
    } catch (error) {
      if (LockError.is(error)) warn(error);
      throw error;
    }
  }

  /** Repeats the step until it returns a result. */
  async function settled<T>(key: string, step: () => Promise<T | undefined>): Promise<T> {
    for (let look = 0; look < LOOKS; look++) {
      const done = await step();
      if (done !== undefined) return done;
    }
    throw new LockBackendError(
      key,
      `its holder changed ${LOOKS} times between the read of its holder and the next step: try again`,
    );
  }

  /** Acts on the token of this owner that holds the lease. False if none does. `act` says whether the token still held it. */
  const asHolder = (key: string, owner: string, act: (token: string) => Promise<boolean>): Promise<boolean> =>
    settled(key, async () => {
      const holder = await leases.holder(key);
      if (holder === null || ownerOf(holder.token) !== owner) return false;
      return (await act(holder.token)) || undefined;
    });

  async function transfer(key: string, from: string, owner: string, ttl: number): Promise<boolean> {
    const to = newToken(owner);
    granted.delete(key);
    const { status } = await leases.transfer({ key, from, to, ttl });
    return status === "granted" && remember(key, to);
  }

  /**
   * For an owner that asks again. The lease goes to a new token, unless nobody can take it from this one: the token of another
   * process may be of an acquire whose answer was lost, and which will be undone. If the transfer fails, the lease may be lost;
   * a failed extension leaves it as it is.
   */
  const adopt = async (key: string, { token, remaining }: Holder, owner: string, ttl: number): Promise<boolean> =>
    granted.get(key) === token
      ? (await leases.extend({ key, token, ttl })) === "held"
      : transfer(key, token, owner, Math.max(ttl, remaining));

  /** `undefined` if the holder changed meanwhile. */
  async function acquire(key: string, owner: string, ttl: number): Promise<AcquiredLease | undefined> {
    const token = newToken(owner);
    const reply = await leases.acquire({ key, token, ttl });
    if (reply.status === "granted" && remember(key, token)) return { acquired: true, owner };
    const holder = await leases.holder(key);
    if (holder === null) return undefined;
    const other = ownerOf(holder.token);
    if (other === undefined) return { acquired: false };
    if (other !== owner) return { acquired: false, owner: other };
    return (await adopt(key, holder, owner, ttl)) ? { acquired: true, owner } : undefined;
  }

  return {
    async acquireLease(key, owner, ttlMs) {
      assertOwner("owner", owner);
      return run(key, (lock) => settled(lock, () => acquire(lock, owner, ttlMs)));
    },

    getLeaseOwner: async (key) =>
      run(key, async (lock) => {
        const holder = await leases.holder(lock);
        return holder === null ? undefined : ownerOf(holder.token);
      }),

    async releaseLease(key, owner) {
      assertOwner("owner", owner);
      await run(key, (lock) =>
        asHolder(lock, owner, async (token) => {
          granted.delete(lock);
          return (await leases.release({ key: lock, token })) === "released";
        }),
      );
    },

    async renewLease(key, owner, ttlMs) {
      assertOwner("owner", owner);
      return run(key, (lock) =>
        asHolder(lock, owner, async (token) => (await leases.extend({ key: lock, token, ttl: ttlMs })) === "held"),
      );
    },

    async transferLease(key, fromOwner, toOwner, ttlMs) {
      assertOwner("fromOwner", fromOwner);
      assertOwner("toOwner", toOwner);
      return run(key, (lock) => asHolder(lock, fromOwner, (token) => transfer(lock, token, toOwner, ttlMs)));
    },
  };
}
