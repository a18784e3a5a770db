import type { RedisServer } from "@distlock/testing";
import type { Redis } from "ioredis";

/** The tools of every measurement. */
export interface Bench {
  readonly server: Pick<RedisServer, "signal">;
  readonly port: number;
  /** A client for looking at the server. */
  readonly control: Redis;
  /** A few rounds, to see that all works; the numbers are worth little. */
  readonly quick: boolean;
  /** Begins to show a measurement of so many steps; returns the function that reports a step as done. */
  progress(name: string, steps: number): (done: string) => void;
}
