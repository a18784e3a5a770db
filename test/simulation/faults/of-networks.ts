import { fair, type Weather } from "../network/link";
import type { Process } from "../process/process";
import type { Scene, Strike } from "./strike";

/** Changes the weather of some processes for a while. */
function storm(scene: Scene, change: (weather: Weather, until: number) => void, longest = 6_000): readonly Process[] {
  const { world, random, later } = scene;
  const victims = random.shuffled(world.processes.filter(({ machine }) => !machine.isDead));
  const met = victims.slice(0, random.pick([1, 1, 3, victims.length]));
  const ms = random.int(300, longest);
  // A connection is blocked until the faults are over, at the latest: then the delayed packets arrive.
  const until = Math.min(world.engine.now + ms, world.scenario.rage);
  for (const { weather } of met) change(weather, until);
  later(ms, () => {
    for (const { weather } of met) Object.assign(weather, fair());
  });
  return met;
}

/** Faults of connections. */
export const networkFaults = {
  "requests are lost": (scene) => storm(scene, (weather) => Object.assign(weather, { loseRequest: 30 })),

  "replies are lost": (scene) => storm(scene, (weather) => Object.assign(weather, { loseReply: 30 })),

  "messages are lost": (scene) => storm(scene, (weather) => Object.assign(weather, { losePush: 60 })),

  "messages are late": (scene) =>
    storm(scene, (weather) => {
      weather.latePush = scene.random.pick([
        [0, 500],
        [500, 4_000],
        [2_500, 9_000],
      ] as const);
    }),

  "all comes twice": (scene) =>
    storm(scene, (weather) => Object.assign(weather, { double: 30, late: scene.random.pick([50, 2_000, 20_000]) })),

  "slow link": (scene) =>
    storm(scene, (weather) => {
      weather.delay = scene.random.pick([
        [5, 200],
        [100, 1_500],
        [500, 4_000],
      ] as const);
    }),

  partition: (scene) =>
    storm(scene, (weather, until) =>
      Object.assign(weather, { blockedUp: until, blockedDown: until, keepsBlocked: scene.random.chance(50) }),
    ),

  "nothing goes up": (scene) =>
    storm(scene, (weather, until) =>
      Object.assign(weather, { blockedUp: until, keepsBlocked: scene.random.chance(50) }),
    ),

  "nothing comes down": (scene) =>
    storm(scene, (weather, until) =>
      Object.assign(weather, { blockedDown: until, keepsBlocked: scene.random.chance(50) }),
    ),

  "deaf listener": (scene) => storm(scene, (weather) => Object.assign(weather, { isDeaf: true }), 12_000),

  "listener is forgotten"({ victim }) {
    const one = victim();
    return one.deafen() ? [one] : [];
  },

  "listener is cut"({ victim }) {
    const one = victim();
    one.cut();
    return [one];
  },
} satisfies Record<string, Strike>;
