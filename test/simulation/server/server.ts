import type { Driver } from "../../../packages/core/src/driver/driver";
import { driverOf, type Memory } from "../../../packages/core/src/in-process/in-process-driver";
import type { Engine } from "../engine/engine";
import type { Machine } from "../engine/machine";
import { createMachineClock } from "../engine/machine-clock";
import { randomOf } from "../engine/random";
import { copyOf } from "./copy";

/** The simulated server: the in-process driver, on a machine and a wall clock of its own. */
export interface Server {
  readonly machine: Machine;
  readonly memory: Memory;
  readonly driver: Driver;
  /** Rises with each stop and each start. A connection lasts for one life. */
  readonly life: number;
  readonly isUp: boolean;
  /** Returns the error with which the server refuses a command, or `undefined` if it carries the command out. */
  refusal: ((verb: string) => Error | undefined) | undefined;
  /** Whether its replica has stopped following. */
  readonly isReplicaStuck: boolean;
  /** Steps the wall clock forward or back, but not behind the time at which fences were last forgotten: they would not rise. */
  step(ms: number): void;
  /** Notes that fences are forgotten. Returns false if they must not be, because the clock is behind a time that it has shown. */
  forgetsFences(): boolean;
  stop(): void;
  /** Starts it empty, with its data from when `keep` was called, or with its data from when it stopped. */
  start(how: "empty" | "as kept" | "as it was"): void;
  /** The replica stops following: it receives no later write. */
  keep(): void;
  /** How often something other than a command changed its data. */
  readonly damages: number;
  damaged(): void;
  /** Its own wall clock, in ms. */
  readonly wall: number;
  /** The token that holds a key now. */
  holder(key: string): string | undefined;
}

/** How long it has run before the simulation begins, in ms. Its clock can be set back by less than this. */
const UPTIME = 1e9;

export function createServer(engine: Engine, seed: number): Server {
  const memory: Memory = { states: new Map(), inboxes: new Map() };
  let stepped = UPTIME;
  let life = 1;
  let isUp = true;
  let damages = 0;
  /** The highest time that the clock has shown when it was set, and the time below which it must not be set. */
  let highest = 0;
  let floor = 0;
  let kept: Memory["states"] | undefined;
  const base = createMachineClock(
    { engine, random: randomOf(seed, "server"), speed: 1, prefix: "redis", onLook() {} },
    () => machine,
  );
  const clock = { ...base, origin: base.origin - UPTIME, now: () => engine.now + stepped };
  const machine: Machine = { name: "redis", clock, isDead: false, pausedUntil: 0, busy: 0, busyUntil: 0 };

  function forgetsFences(): boolean {
    if (engine.now + stepped < highest) return false;
    floor = engine.now + stepped;
    return true;
  }

  return {
    machine,
    memory,
    driver: driverOf(memory),
    refusal: undefined,
    get life() {
      return life;
    },
    get isUp() {
      return isUp;
    },
    get isReplicaStuck() {
      return kept !== undefined;
    },
    get damages() {
      return damages;
    },
    damaged() {
      damages++;
    },
    get wall() {
      return engine.now + stepped;
    },
    step(ms) {
      highest = Math.max(highest, engine.now + stepped);
      stepped = Math.max(stepped + ms, floor - engine.now);
    },
    forgetsFences,
    stop() {
      isUp = false;
      life++;
      memory.inboxes.clear();
    },
    start(how) {
      isUp = true;
      damages++;
      life++;
      memory.inboxes.clear();
      if (how !== "as it was") {
        // A server that lost its data must not have a clock that was set back: its fences would not rise.
        if (!forgetsFences()) stepped = highest - engine.now;
        forgetsFences();
        memory.states.clear();
      }
      if (how === "as kept") for (const [key, state] of kept ?? []) memory.states.set(key, state);
      kept = undefined;
    },
    keep() {
      kept = new Map([...memory.states].map(([key, state]) => [key, copyOf(state)]));
    },
    holder(key) {
      const state = memory.states.get(key);
      return state?.lease !== undefined && state.lease.until > engine.now + stepped ? state.lease.value : undefined;
    },
  };
}
