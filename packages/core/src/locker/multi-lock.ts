import { inspect } from "node:util";
import type { LockLostError } from "../driver/errors";
import { warn } from "../driver/observe/facts";
import type { HeldLock } from "./hold/held-lock";
import { extendAll, releaseAll } from "./hold/observed-calls";
import type { Lock } from "./lock";

/** The exclusive right to several keys at once: lost as a whole when one of them is lost. */
export interface MultiLock extends Omit<Lock, "key" | "fence"> {
  /** Each key once, in the order in which they were taken. */
  readonly keys: readonly string[];
  /** One for each key. */
  readonly fences: ReadonlyMap<string, number>;
}

/** What users get of several held locks with one token. It has the members of `MultiLock` and no others. */
class MultiLockHandle implements MultiLock {
  readonly keys: readonly string[];
  readonly fences: ReadonlyMap<string, number>;
  readonly #parts: readonly HeldLock[];
  readonly #controller = new AbortController();

  constructor(parts: readonly HeldLock[]) {
    this.keys = parts.map(({ key }) => key);
    this.fences = new Map(parts.map(({ key, fence }) => [key, fence]));
    this.#parts = parts;
    for (const { signal } of parts) {
      if (signal.aborted) this.#onLoss(signal.reason);
      else signal.addEventListener("abort", () => this.#onLoss(signal.reason), { once: true });
    }
  }

  /** Not a field of the object, so that nothing that prints or copies the lock has it. */
  get token(): string {
    return this.#parts[0]!.grant.token;
  }

  get signal(): AbortSignal {
    void this.isHeld; // aborts the signal if a lease is over
    return this.#controller.signal;
  }

  get isHeld(): boolean {
    return this.#parts.every((part) => part.isHeld);
  }

  // These three also work when they are passed on alone, `release` to a `finally` for instance.

  readonly remaining = (): number => (this.isHeld ? Math.min(...this.#parts.map((part) => part.remaining)) : 0);

  readonly extend = (ttl?: number): Promise<void> => extendAll(this.#parts, ttl, (call) => this.#each(call));

  readonly release = (): Promise<void> => releaseAll(this.#parts, "released", (call) => this.#each(call));

  [Symbol.asyncDispose](): Promise<void> {
    return releaseAll(this.#parts, "disposed", (call) => this.#each(call)).catch(warn);
  }

  /** What `console.log` shows. */
  [inspect.custom](): object {
    const { fences, isHeld } = this;
    return { fences, isHeld, remaining: this.remaining() };
  }

  #onLoss(reason: LockLostError): void {
    if (this.#controller.signal.aborted) return; // by a part that was just given up
    this.#controller.abort(reason);
    for (const part of this.#parts) part.onPartLost(reason);
  }

  /** Does the step for all parts. Rejects with the loss if a part was lost, else with the first failure. */
  async #each(step: (part: HeldLock) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(this.#parts.map(step));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (!failed) return;
    const { signal } = this.#controller;
    throw signal.aborted ? signal.reason : failed.reason;
  }
}

export const createMultiLock = (parts: readonly HeldLock[]): MultiLock => new MultiLockHandle(parts);
