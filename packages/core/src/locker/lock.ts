// Tested by packages/core/test/lock-object.test.ts, packages/core/test/hold.test.ts
import { inspect } from "node:util";
import { warn } from "../driver/observe/facts";
import type { HeldLock } from "./hold/held-lock";
import { extendAll, releaseAll } from "./hold/observed-calls";

/** The exclusive right to a key for a limited time. */
export interface Lock {
  readonly key: string;
  /** The random proof of this acquisition: anyone who has it can release the lock. Never log it. */
  readonly token: string;
  /**
   * Rises with every grant of the key. Pass it to the resource that the lock protects, which must refuse lower ones.
   */
  readonly fence: number;
  /**
   * Aborts, with a `LockLostError` as reason, when the lock is lost: at the latest when its lease ends by the local
   * clock, even if Redis can't be reached. It does not abort on release.
   */
  readonly signal: AbortSignal;
  /**
   * True while the lock is guaranteed to be ours, evaluated at each look against the local monotonic clock. The first
   * look after the end of the lease makes the loss final: it aborts the signal.
   */
  readonly isHeld: boolean;
  /** What is left of the lease, in ms, evaluated at the call; 0 if the lock is not held. */
  remaining(): number;
  /**
   * Makes the lease last at least `ttl` ms from now (default: the ttl it was acquired with); it never makes it shorter.
   * Rejects with `LockLostError` if the lock is no longer ours, with `LockBackendError` if Redis does not answer within
   * 5 s or refuses: the lease then ends when it would have, unless a later extension succeeds.
   */
  extend(ttl?: number): Promise<void>;
  /**
   * Frees the lock. Rejects with `LockLostError` if it is no longer ours, with `LockBackendError` if Redis does not
   * answer within 5 s or refuses: the release is then repeated in the background, and in the end the ttl frees the
   * lock. After a successful release it does nothing.
   */
  release(): Promise<void>;
  /**
   * Releases at the end of an `await using` block, and never rejects, so that it can't replace an error of the block:
   * an error of `release` becomes a warning.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What users get of a held lock. It has the members of `Lock` and no others. */
class LockHandle implements Lock {
  readonly key: string;
  readonly fence: number;
  readonly #held: HeldLock;

  constructor(held: HeldLock) {
    this.key = held.key;
    this.fence = held.fence;
    this.#held = held;
  }

  /** Not a field of the object, so that nothing that prints or copies the lock has it. */
  get token(): string {
    return this.#held.grant.token;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  // These three also work when they are passed on alone, `release` to a `finally` for instance.

  readonly remaining = (): number => this.#held.remaining;

  readonly extend = (ttl?: number): Promise<void> => extendAll([this.#held], ttl, (call) => call(this.#held));

  readonly release = (): Promise<void> => this.#release("released");

  [Symbol.asyncDispose](): Promise<void> {
    return this.#release("disposed").catch(warn);
  }

  #release(how: "released" | "disposed"): Promise<void> {
    return releaseAll([this.#held], how, (call) => call(this.#held));
  }

  /** What `console.log` shows. */
  [inspect.custom](): object {
    const { key, fence, isHeld } = this;
    return { key, fence, isHeld, remaining: this.remaining() };
  }
}

export const createLock = (held: HeldLock): Lock => new LockHandle(held);
