import type { Engine } from "../engine/engine";
import { ARRIVAL } from "../engine/machine";
import type { Server } from "../server/server";
import type { Kind, Meter } from "./meter";

/**
 * How long the simulated server needs for a command, and for each lock in it, in ms. Redis 7.0.15 on one core of the machine of
 * the benches needed 26 to 31 µs for a heartbeat of one waiter (1,000 connections), and 1.6 ms for a heartbeat of 128 keys.
 */
export const PER_COMMAND = 0.016;
export const PER_LOCK = 0.012;

/** Carries out one command after another. Resolves when the turn of this one has come and its time is over. */
export type Processor = (kind: Kind, locks: number) => Promise<void>;

export function createProcessor(engine: Engine, server: Server, meter: Meter): Processor {
  let freeAt = 0;
  let life = server.life;

  return (kind, locks) =>
    new Promise((resolve) => {
      if (life !== server.life) freeAt = 0; // the commands that had not been carried out are lost
      life = server.life;
      const ms = PER_COMMAND + PER_LOCK * locks;
      freeAt = Math.max(freeAt, engine.now) + ms;
      meter.count(kind);
      meter.busy(ms);
      engine.at(freeAt, server.machine, ARRIVAL, resolve);
    });
}
