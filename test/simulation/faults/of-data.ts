import type { LockState } from "../../../packages/core/src/in-process/lock-state";
import { inboxOf } from "../../../packages/core/src/in-process/wait-queue";
import type { Process } from "../process/process";
import type { Scene, Strike } from "./strike";

const everybody = ({ world }: Scene): readonly Process[] => world.processes.filter(({ machine }) => !machine.isDead);

/** Damages the data of one key on the server. Returns the processes that this meets; none if there was nothing to damage. */
function damage(
  scene: Scene,
  kind: "forgot" | "strayed" | undefined,
  change: (state: LockState, key: string) => boolean,
): readonly Process[] {
  const { world, random } = scene;
  const at = world.engine.now;
  for (const key of random.shuffled(world.keys)) {
    const state = world.server.memory.states.get(key);
    if (state === undefined || !change(state, key)) continue;
    world.server.damaged();
    if (kind === "forgot") world.record({ what: "forgot", at, to: at, key });
    else if (kind === "strayed") world.record({ what: "strayed", at, key });
    return everybody(scene);
  }
  return [];
}

/** Faults of single keys: eviction, and writes of other programs. */
export const dataFaults = {
  "lock is evicted": (scene) =>
    damage(scene, "forgot", (state, key) => {
      if (scene.world.server.holder(key) === undefined) return false;
      state.lease = undefined;
      return true;
    }),

  "fence is evicted": (scene) =>
    damage(scene, undefined, (state) => {
      if (state.fence === undefined || !scene.world.server.forgetsFences()) return false;
      state.fence = undefined;
      return true;
    }),

  "queue is evicted": (scene) =>
    damage(scene, "strayed", ({ queue }) => {
      const had = queue.data.tickets.size > 0;
      queue.data.tickets.clear();
      return had;
    }),

  "signs of life are evicted": (scene) =>
    damage(scene, "strayed", ({ queue }) => {
      const had = queue.data.aliveUntil.size > 0;
      queue.data.aliveUntil.clear();
      return had;
    }),

  "released token is evicted": (scene) =>
    damage(scene, undefined, (state) => {
      const had = state.released !== undefined;
      state.released = undefined;
      return had;
    }),

  "tombstones are evicted": (scene) =>
    damage(scene, "strayed", ({ tombstones }) => {
      const had = tombstones.size > 0;
      tombstones.clear();
      return had;
    }),

  "late expiry": (scene) =>
    damage(scene, undefined, (state, key) => {
      if (scene.world.server.holder(key) === undefined) return false;
      state.lease!.until += scene.random.int(1, 1_500);
      return true;
    }),

  "foreign holder": (scene) =>
    damage(scene, undefined, (state, key) => {
      const { server } = scene.world;
      if (server.holder(key) !== undefined) return false;
      state.lease = { value: "foreign", until: server.wall + scene.random.int(50, 3_000) };
      return true;
    }),

  "false message": (scene) =>
    damage(scene, "forgot", (_, key) => {
      const { server } = scene.world;
      const token = server.holder(key);
      const listener = token === undefined ? undefined : server.memory.inboxes.get(inboxOf(token));
      listener?.forcedOut(token!, undefined);
      return listener !== undefined;
    }),

  "foreign delete": (scene) =>
    damage(scene, "forgot", (state, key) => {
      if (scene.world.server.holder(key) === undefined) return false;
      state.lease = undefined;
      return true;
    }),
} satisfies Record<string, Strike>;
