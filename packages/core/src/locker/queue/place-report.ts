// Tested by packages/core/test/observe.test.ts
import type { Contention } from "../../driver/driver";
import { isReported, report } from "../../driver/observe/facts";
import { type Observer, observers } from "../../driver/observe/observer";
import type { QueueFact } from "../../driver/observe/operation";

/** Reports when a waiter enters and leaves the queue of a key. Who receives the one receives the other. */
export class PlaceReport {
  #key: string | undefined;
  #observers: readonly Observer[] = [];

  constructor(private readonly isHidden: boolean) {}

  entered(key: string, { ahead = 0 }: Contention): void {
    if (key === this.#key) return;
    this.left("left");
    if (this.isHidden || !isReported("queue")) return;
    this.#key = key;
    this.#observers = [...observers];
    report({ name: "queue", key, event: "entered", ahead }, this.#observers);
  }

  left(event: Exclude<QueueFact["event"], "entered">): void {
    if (this.#key === undefined) return;
    report({ name: "queue", key: this.#key, event }, this.#observers);
    this.#key = undefined;
  }
}
