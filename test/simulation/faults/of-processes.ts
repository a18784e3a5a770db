import type { Strike } from "./strike";

/** Faults of processes. */
export const processFaults = {
  "process crashes"(scene) {
    const victim = scene.victim();
    victim.crash();
    scene.later(scene.random.int(0, 3_000), () => scene.replace(victim));
    return [victim];
  },

  "process freezes"({ victim, world, random }) {
    const one = victim();
    const ms = random.pick([random.int(50, 500), random.int(500, 4_000), random.int(3_000, 9_000)]);
    const from = world.engine.now;
    world.engine.pause(one.machine, from + ms);
    world.record({ what: "stalled", from, at: from + ms, worker: one.name, id: "" });
    return [one];
  },

  "event loop stalls"({ victim, random }) {
    const one = victim();
    one.stallAfter(random.int(1, 40), random.pick([random.int(5, 300), random.int(300, 3_500)]));
    return [one];
  },

  "locker closes"(scene) {
    const one = scene.victim();
    one.close();
    scene.later(scene.random.int(2_000, 6_000), () => scene.replace(one));
    return [one];
  },

  "callers give up"({ world, random }) {
    return random
      .shuffled(world.processes)
      .slice(0, 4)
      .filter((one) => !one.machine.isDead && one.abortOne());
  },
} satisfies Record<string, Strike>;
