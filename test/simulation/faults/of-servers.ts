import { DriverError } from "../../../packages/core/src/driver/driver-error";
import type { Process } from "../process/process";
import type { Scene, Strike } from "./strike";

const everybody = ({ world }: Scene): readonly Process[] => world.processes.filter(({ machine }) => !machine.isDead);

/** Stops the server for a while. `how` names the data with which it starts again. */
function restart(scene: Scene, how: "empty" | "as kept" | "as it was", away: number): void {
  const { world, later } = scene;
  const { server, engine } = world;
  const at = engine.now;
  server.stop();
  for (const process of world.processes) process.cut();
  later(away, () => {
    server.start(how);
    if (how === "as it was") world.record({ what: "strayed", at: engine.now });
    else world.record({ what: "forgot", at, to: engine.now });
  });
}

/** The replica stops following. Later it becomes the primary. */
function failOver(scene: Scene, lag: number): readonly Process[] {
  const { world, random, later } = scene;
  if (!world.server.isUp || world.server.isReplicaStuck) return [];
  world.server.keep();
  later(lag, () => {
    if (world.server.isUp) restart(scene, "as kept", random.int(0, 1_500));
  });
  return everybody(scene);
}

function refuse(scene: Scene, why: (verb: string) => Error | undefined): readonly Process[] {
  const { world, random, later } = scene;
  world.server.refusal = why;
  later(random.int(50, 3_000), () => {
    world.server.refusal = undefined;
  });
  return everybody(scene);
}

/** Faults of the server. */
export const serverFaults = {
  "server hangs"(scene) {
    const { world, random } = scene;
    const ms = random.pick([random.int(100, 1_000), random.int(1_000, 7_000), random.int(5_000, 40_000)]);
    const longest = world.scenario.rage / 3;
    world.engine.pause(world.server.machine, world.engine.now + Math.min(ms, longest));
    return everybody(scene);
  },

  "server restarts"(scene) {
    if (!scene.world.server.isUp) return [];
    restart(scene, scene.random.pick(["empty", "as it was"]), scene.random.int(0, 2_500));
    return everybody(scene);
  },

  "server restarts from an older state": (scene) => failOver(scene, scene.random.int(1_000, 9_000)),

  "failover to a replica that lags": (scene) => failOver(scene, scene.random.int(1, 400)),

  "wall clock goes forward"(scene) {
    const { world, random } = scene;
    world.server.step(random.pick([random.int(1, 50), random.int(50, 4_000), 3_600_000]));
    world.record({ what: "forgot", at: world.engine.now, to: world.engine.now });
    return everybody(scene);
  },

  "wall clock goes back"(scene) {
    const { world, random } = scene;
    world.server.step(-random.pick([random.int(1, 50), random.int(50, 4_000)]));
    world.record({ what: "strayed", at: world.engine.now });
    return everybody(scene);
  },

  "out of memory": (scene) =>
    refuse(scene, (verb) =>
      /^(acquire|heartbeat)$/.test(verb) ? new DriverError("OOM command not allowed", { retryable: true }) : undefined,
    ),

  "server refuses": (scene) =>
    refuse(scene, () => new DriverError("NOPERM this user has no permissions", { retryable: false })),

  "heartbeats are refused": (scene) =>
    refuse(scene, (verb) =>
      verb === "heartbeat" ? new DriverError("NOPERM no permissions for ZRANK", { retryable: false }) : undefined,
    ),

  "server is loading": (scene) => refuse(scene, () => new DriverError("LOADING Redis is loading", { retryable: true })),
} satisfies Record<string, Strike>;
