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
  /** The number of its present life: connections do not outlive it. */
  readonly life: number;
  readonly isUp: boolean;
  /** What it answers to a command in place of carrying it out. */
  refusal: ((verb: string) => Error | undefined) | undefined;
  /** Whether its replica has stopped following. */
  readonly isReplicaStuck: boolean;
  /** The wall clock goes forward, or back. Not behind what it was when fences were last forgotten: they would not rise. */
  step(ms: number): void;
  /** Fences are forgotten. Returns false if the clock is behind: then they may not be. */
  forgetsFences(): boolean;
  stop(): void;
  /** Starts it empty, or with what it had when `keep` was called. */
  start(how: "empty" | "as kept" | "as it was"): void;
  /** What is written from now on, the replica does not get. */
  keep(): void;
  /** How often somebody else than its scripts changed what it keeps. */
  readonly damages: number;
  damaged(): void;
  /** Its own wall clock, in ms. */
  readonly wall: number;
  /** The token at a key, in this moment. */
  holder(key: string): string | undefined;
}

/** How long it has run before the simulation begins, in ms: its clock can be set back by less. */
const UPTIME = 1e9;

export function createServer(engine: Engine, seed: number): Server {
  const memory: Memory = { states: new Map(), inboxes: new Map() };
  let stepped = UPTIME;
  let life = 1;
  let isUp = true;
  let damages = 0;
  /** The highest time that the clock showed before it was set back; and below which it may not be set. */
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
        // A server that lost its data must not have a clock that is behind.
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
