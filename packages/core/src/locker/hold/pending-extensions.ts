// Tested by packages/core/test/hold.test.ts
import { now } from "../../driver/lease";

/** The extensions of a lock that have no reply yet. */
export class PendingExtensions {
  #count = 0;
  /** When the first one was sent since the last reply. */
  #since: number | undefined;

  get some(): boolean {
    return this.#count > 0;
  }

  /** For how long the server has been silent, in ms; `undefined` if no reply is due. */
  get silence(): number | undefined {
    return this.#since === undefined ? undefined : now() - this.#since;
  }

  /** A request was sent at `time`. Without a time it does not count for the silence. */
  sent(time?: number): void {
    this.#count++;
    this.#since ??= time;
  }

  /** A request was answered, or failed. A request without a time says nothing of the others. */
  settled(hadTime = true): void {
    this.#count--;
    if (hadTime) this.#since = undefined;
  }
}
