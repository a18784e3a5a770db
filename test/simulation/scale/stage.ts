import { LockError } from "../../../packages/core/src/driver/errors";
import { inboxOf } from "../../../packages/core/src/in-process/wait-queue";
import { createLocker } from "../../../packages/core/src/locker/create-locker";
import { createEngine, type Engine } from "../engine/engine";
import { ARRIVAL, type Machine, TIMER } from "../engine/machine";
import { createMachineClock, DRIFT } from "../engine/machine-clock";
import { between, randomOf } from "../engine/random";
import type { Client, Manners } from "../network/connection";
import { fair } from "../network/link";
import { createServer } from "../server/server";
import { watchedServer } from "../server/watched-server";
import { createBusyNetwork } from "./busy-network";
import { createMeter, type Meter } from "./meter";
import { createPlaces, type Places } from "./places";
import { createProcessor } from "./processor";

/** One call that waits for a lock and holds it. Times are in ms of the simulation. */
export interface Turn {
  readonly calledAt: number;
  grantedAt?: number;
  endedAt?: number;
  /** The code of the error with which it ended. */
  failure?: string;
}

export interface Worker {
  /** Calls `withLock` at a time, and holds the lock for `hold` ms, or until a time. */
  take(key: string, at: number, hold: { readonly for: number } | { readonly until: number }, ttl: number): Turn;
}

/** Many processes, one server that needs time for each command, and a network without faults. */
export interface Stage {
  readonly engine: Engine;
  readonly meter: Meter;
  readonly places: Places;
  readonly workers: readonly Worker[];
  /** The replica of the server stops following. */
  keep(): void;
  /** The server stops, and all connections end. */
  stop(): void;
  start(how: "empty" | "as kept" | "as it was"): void;
}

const manners: readonly (readonly Manners[])[] = [
  ["rejects"],
  ["sends again"],
  ["is silent", "rejects", "sends again"],
];

export function createStage(seed: number, processes: number): Stage {
  const engine = createEngine();
  const server = createServer(engine, seed);
  const meter = createMeter(() => engine.now);
  const places = createPlaces();
  const driver = watchedServer(
    server,
    () => engine.now,
    (event) => {
      if (event.what === "minted" && event.how === "handed") meter.count("message");
      places.record(event);
    },
  );
  const processor = createProcessor(engine, server, meter);
  const cuts: (() => void)[] = [];
  const clients: Client[] = [];

  function createWorker(name: string): Worker {
    const random = randomOf(seed, name);
    const speed = between(random, 1 - DRIFT, 1 + DRIFT);
    const options = { engine, random: randomOf(seed, `${name} clock`), speed, prefix: name, onLook() {} };
    const own = createMachineClock(options, () => machine);
    const machine: Machine = { name, clock: own, isDead: false, pausedUntil: 0, busy: 0, busyUntil: 0 };
    const client: Client = {
      engine,
      random: randomOf(seed, `${name} network`),
      server,
      machine,
      weather: fair(),
      isOrdered: true,
      manners: random.pick(manners),
      writesLate: false,
      patience: undefined,
      batches: true,
      silent: new Set(),
      isHealed: false,
    };
    const network = createBusyNetwork(client, driver, processor, meter);
    cuts.push(network.cut);
    clients.push(client);
    let locker: ReturnType<typeof createLocker> | undefined;

    return {
      take(key, at, hold, ttl) {
        const turn: Turn = { calledAt: at };
        const work = async () => {
          turn.grantedAt = engine.now;
          const until = "for" in hold ? engine.now + hold.for : hold.until;
          await new Promise<void>((resolve) => void engine.at(until, machine, TIMER, resolve));
        };
        engine.at(at, machine, ARRIVAL, () => {
          locker ??= createLocker(network.driver);
          locker.withLock(key, { ttl, timeout: Number.POSITIVE_INFINITY }, work).then(
            () => {
              turn.endedAt = engine.now;
            },
            (error) => {
              turn.endedAt = engine.now;
              turn.failure = LockError.is(error) ? error.code : String(error);
            },
          );
        });
        return turn;
      },
    };
  }

  const inboxesOf = (key: string) =>
    new Set([...(server.memory.states.get(key)?.queue.data.tickets.keys() ?? [])].map(inboxOf));

  return {
    engine,
    meter,
    places,
    workers: Array.from({ length: processes }, (_, i) => createWorker(`p${i}`)),
    keep: server.keep,
    stop() {
      server.stop();
      for (const cut of cuts) cut();
    },
    start(how) {
      server.start(how);
      // The network works again. A client that is silent learns soon that its connection is gone.
      for (const client of clients) {
        for (const learn of client.silent) learn();
        client.silent.clear();
      }
      places.forgotten(inboxesOf);
    },
  };
}
