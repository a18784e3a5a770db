import { clock } from "../../../packages/core/src/driver/clock";
import { createLocker } from "../../../packages/core/src/locker/create-locker";
import { createLeases } from "../../../packages/core/src/locker/leases";
import type { Locker } from "../../../packages/core/src/locker/locker";
import { ARRIVAL, type Machine } from "../engine/machine";
import { createMachineClock, DRIFT } from "../engine/machine-clock";
import { between, randomOf } from "../engine/random";
import type { Client } from "../network/connection";
import { fair, type Weather } from "../network/link";
import { createNetwork } from "../network/network";
import type { World } from "../world";
import { type Course, createCourse } from "./course";
import { giveUp, job } from "./job";
import { createLooker } from "./looker";
import { watchedDriver } from "./watched-driver";
import type { Workplace } from "./workplace";

/** One simulated process, from its start to its end. */
export interface Process {
  readonly name: string;
  readonly machine: Machine;
  readonly weather: Weather;
  readonly course: Course;
  /** Whether its work is done. */
  readonly isDone: boolean;
  /** Ends it at once. */
  crash(): void;
  /** Closes its locker. It ends when its work has ended. */
  close(): void;
  /** Stalls its event loop after this many readings of the clock, wherever its code is then. */
  stallAfter(looks: number, ms: number): void;
  /** Makes one caller give up. Returns false if no call is under way. */
  abortOne(): boolean;
  /** Breaks all its connections for messages. */
  cut(): void;
  /** The network forgets these connections. Returns whether there was one. */
  deafen(): boolean;
  /** Ends all faults of its network. */
  heal(): void;
}

const manners = [["rejects"], ["sends again"], ["is silent", "rejects", "sends again"]] as const;

/** Starts a process in the world. `name` is unique: a process that replaces another has a new name. */
export function startProcess(world: World, name: string): Process {
  const { engine, server, scenario, record, seed } = world;
  const random = randomOf(seed, name);
  let looks = Number.POSITIVE_INFINITY;
  let stall = 0;
  let isClosing = false;
  let isDone = false;
  let calls = 0;
  let locker: Locker | undefined;

  function onLook(): void {
    if (--looks > 0) return;
    looks = Number.POSITIVE_INFINITY;
    record({ what: "stalled", from: engine.now, at: engine.now + stall, worker: name, id: "" });
    machine.busy += stall;
  }

  const speed = between(random, 1 - DRIFT, 1 + DRIFT);
  const own = createMachineClock(
    { engine, random: randomOf(seed, `${name} clock`), speed, prefix: name, onLook },
    () => machine,
  );
  const machine: Machine = { name, clock: own, isDead: false, pausedUntil: 0, busy: 0, busyUntil: 0 };
  const weather: Weather = fair();
  const course = createCourse();
  const client: Client = {
    engine,
    random: randomOf(seed, `${name} network`),
    server,
    machine,
    weather,
    isOrdered: random.chance(50),
    manners: random.pick(manners),
    batches: random.chance(50),
    writesLate: random.chance(30),
    patience: random.chance(25) ? random.int(1_500, 4_000) : undefined,
    silent: new Set(),
    isHealed: false,
  };
  const network = createNetwork(client, world.driver);
  const controllers = new Set<AbortController>();
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve, true));

  async function work(workplace: Workplace): Promise<void> {
    while (!isClosing && !world.isFinishing) {
      await job(workplace).catch((error) => {
        record({ what: "wrong", at: engine.now, why: `${name}: a job failed: ${error?.stack ?? error}` });
      });
      await pause(random.int(0, world.isCalm ? scenario.rest / 2 : scenario.rest));
    }
  }

  async function live(): Promise<void> {
    const driver = watchedDriver(network.driver, name, () => engine.now, record, course);
    locker = createLocker(driver);
    const workplace: Workplace = {
      worker: name,
      engine,
      machine,
      scenario,
      keys: world.keys,
      random,
      locker,
      leases: createLeases(driver),
      store: world.store,
      looker: createLooker({
        worker: name,
        now: () => engine.now,
        record,
        after: (ms, look) => void clock.after(ms, look, true),
        holder: server.holder,
      }),
      course,
      controllers,
      record,
      pause,
      nextCall: () => ++calls,
      isCalm: () => world.isCalm,
      block(ms) {
        record({ what: "stalled", from: engine.now, at: engine.now + ms, worker: name, id: "" });
        machine.busy += ms;
      },
    };
    await Promise.all(Array.from({ length: scenario.hands }, () => work(workplace)));
    await locker.close();
    isDone = true;
  }

  engine.at(engine.now, machine, ARRIVAL, () => void live());

  return {
    name,
    machine,
    weather,
    course,
    get isDone() {
      return isDone;
    },
    crash() {
      machine.isDead = true;
      record({ what: "killed", at: engine.now, worker: name });
      network.vanish();
    },
    close() {
      isClosing = true;
      engine.at(engine.now, machine, ARRIVAL, () => void locker?.close());
    },
    stallAfter(count, ms) {
      looks = count;
      stall = ms;
    },
    abortOne() {
      const list = [...controllers];
      if (list.length === 0) return false;
      engine.at(engine.now, machine, ARRIVAL, () => giveUp(random.pick(list)));
      return true;
    },
    cut: network.cut,
    deafen() {
      if (!network.deafen()) return false;
      record({ what: "deafened", at: engine.now, worker: name });
      return true;
    },
    heal() {
      Object.assign(weather, fair());
      client.isHealed = true;
      for (const learn of client.silent) learn();
      client.silent.clear();
    },
  };
}
