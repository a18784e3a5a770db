import type { Coverage } from "./coverage";
import { ARRIVAL, type Machine } from "./engine/machine";
import { randomOf } from "./engine/random";
import { catalog } from "./faults/catalog";
import type { Scene } from "./faults/strike";
import type { PlannedFault } from "./plan";
import { type Process, startProcess } from "./process/process";
import type { World } from "./world";

/** Makes the planned faults happen. */
export interface Nemesis {
  /** Ends all faults: each is undone now, even if it was to last longer. */
  heal(): void;
}

export function createNemesis(
  world: World,
  machine: Machine,
  faults: readonly PlannedFault[],
  coverage: Coverage,
): Nemesis {
  const { engine, processes, record, seed } = world;
  const open = new Set<() => void>();
  let lives = 0;

  function later(ms: number, run: () => void): void {
    const once = () => {
      if (open.delete(once)) run();
    };
    open.add(once);
    engine.at(engine.now + ms, machine, ARRIVAL, once);
  }

  function replace(process: Process): void {
    const place = processes.indexOf(process);
    if (place < 0) return;
    if (!process.machine.isDead && !process.isDone) process.crash();
    processes[place] = startProcess(world, `p${place}-${++lives}`);
  }

  function strike({ name, number }: PlannedFault): void {
    const random = randomOf(seed, `fault ${number}`);
    const alive = processes.filter(({ machine, isDone }) => !machine.isDead && !isDone);
    if (alive.length === 0) return;
    const scene: Scene = { world, random, later, replace, victim: () => random.pick(alive) };
    const before = alive.map((process) => ({ process, states: new Set(process.course.states) }));
    const met = new Set(catalog[name](scene));
    if (met.size === 0) return;
    record({ what: "fault", at: engine.now, name: `${name} (${number})` });
    for (const { process, states } of before) if (met.has(process)) coverage.met(name, states);
  }

  for (const fault of faults) engine.at(fault.at, machine, ARRIVAL, () => strike(fault));

  return {
    heal() {
      // To undo one thing may begin another: a failover stops the server, which then has to start again.
      while (open.size > 0) for (const undo of [...open]) undo();
      engine.resume(world.server.machine);
      for (const process of processes) {
        process.heal();
        engine.resume(process.machine);
      }
    },
  };
}
