import { TOMBSTONE } from "../../packages/core/src/driver/times";
import type { Event } from "../faults/event";
import { check, type Violation } from "./check/check";
import { type Coverage, createCoverage } from "./coverage";
import { createEngine } from "./engine/engine";
import type { Machine } from "./engine/machine";
import { createMachineClock, DRIFT, ORIGIN } from "./engine/machine-clock";
import { randomOf } from "./engine/random";
import { createNemesis } from "./nemesis";
import type { Plan } from "./plan";
import { startProcess } from "./process/process";
import { createStore } from "./process/store";
import { observe } from "./server/observer";
import { createServer } from "./server/server";
import { watchedServer } from "./server/watched-server";
import type { World } from "./world";

export interface Result {
  readonly violations: readonly Violation[];
  readonly history: readonly Event[];
  /** How many events of each kind the history has. */
  readonly counts: Readonly<Partial<Record<Event["what"], number>>>;
  readonly coverage: Coverage;
  /** How much time was simulated, in ms, and how many events the engine ran. */
  readonly simulated: number;
  readonly events: number;
}

/** How long the last calls may take to end, in ms: the longest wait, and then the longest use of a lock. */
const ENDING = 45_000;
/** After a silence, a request is sent again after a multiple of it. */
const REPEATED = 3;
const STEP = 250;
/** The most events of a run for each of its processes: 25 times as many as a run has. A small run counts as one of so many processes. */
const EVENTS = 25_000;
const MANY = 20;
/** How long a request over a slow connection and its reply may take, in ms. */
const SETTLING = 9_000;
/** How late the second copy of a request may arrive, in ms. */
const LATEST = 20_000;

const bystander = (name: string, clock: Machine["clock"]): Machine => ({
  name,
  clock,
  isDead: false,
  pausedUntil: 0,
  busy: 0,
  busyUntil: 0,
});

/** Plays a plan, and checks its history. */
export async function run({ seed, scenario, faults, isStrict }: Plan): Promise<Result> {
  const most = EVENTS * Math.max(scenario.processes, MANY);
  const engine = createEngine(most);
  const history: Event[] = [];
  const record = (event: Event) => void history.push(event);
  const server = createServer(engine, seed);
  const coverage = createCoverage();
  const aside = (name: string) => {
    const options = { engine, random: randomOf(seed, name), speed: 1, prefix: name, onLook() {} };
    const machine: Machine = bystander(
      name,
      createMachineClock(options, () => machine),
    );
    return machine;
  };
  const world: World = {
    seed,
    scenario,
    engine,
    random: randomOf(seed, "world"),
    keys: Array.from({ length: scenario.keys }, (_, i) => `k${i}`),
    server,
    driver: watchedServer(server, () => engine.now, record),
    store: createStore(engine, randomOf(seed, "store"), aside("store")),
    processes: [],
    record,
    isCalm: false,
    isFinishing: false,
  };
  record({ what: "began", at: 0, wall: ORIGIN, drift: DRIFT });
  const observer = observe(world, aside("observer"));
  for (let i = 0; i < scenario.processes; i++) world.processes.push(startProcess(world, `p${i}`));
  const nemesis = createNemesis(world, aside("nemesis"), faults, coverage);

  await engine.run(scenario.rage);
  nemesis.heal();
  if (scenario.isExtinct) for (const process of world.processes) if (!process.machine.isDead) process.crash();
  await engine.run(engine.now + SETTLING);
  world.isCalm = true;
  record({ what: "healed", at: engine.now, patience: observer.longestLease() });
  await engine.run(engine.now + scenario.calm);
  world.isFinishing = true;
  const last = engine.now + ENDING + REPEATED * scenario.rage;
  const isOver = () => world.processes.every(({ isDone, machine }) => isDone || machine.isDead);
  while (!isOver() && engine.now < last) await engine.run(engine.now + STEP);
  for (const { name, isDone, machine } of world.processes)
    if (!isDone && !machine.isDead) record({ what: "wrong", at: engine.now, why: `the work of ${name} never ended` });
  await engine.run(engine.now + LATEST);
  await engine.run(engine.now + observer.longestLease() + (scenario.isExtinct ? TOMBSTONE : 0) + 7_000);
  observer.leave();
  await engine.run(engine.now + STEP);
  if (engine.events >= most)
    record({ what: "wrong", at: engine.now, why: `there were ${most} events: messages multiply` });
  for (const [key, { state, log }] of world.store.kept) record({ what: "store", at: engine.now, key, state, log });

  const counts: Partial<Record<Event["what"], number>> = {};
  for (const { what } of history) counts[what] = (counts[what] ?? 0) + 1;
  return {
    // Such a history is too long to be checked.
    violations:
      engine.events < most ? check(history, isStrict) : [{ rule: "conduct", why: `messages multiply: ${most} events` }],
    history,
    counts,
    coverage,
    simulated: engine.now,
    events: engine.events,
  };
}
