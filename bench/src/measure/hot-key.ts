import { type ContestantId, contestantIds, titleOf } from "../contestants/contestants";
import type { Bench } from "./bench";
import { countCommands } from "./count-commands";
import { type Crowd, createCrowd } from "./crowd";
import { type HotKeyStats, hotKeyStats } from "./hot-key-stats";
import { type ByContestant, interleave } from "./rounds";
import { readServerCosts } from "./server-costs";

export interface Scene {
  readonly processes: number;
  readonly waiters: number;
}

export const scenes: readonly Scene[] = [
  { processes: 4, waiters: 8 },
  { processes: 32, waiters: 1 },
];

const HOLD = 2;
const THINK = 10;

export interface HotKeyRound extends HotKeyStats {
  /** Commands that clients sent, per grant. Counted in a run of its own. */
  readonly commands: number;
  /** CPU time of the server per grant, in µs. */
  readonly redisCpu: number;
}

export type HotKeyResults = readonly { readonly scene: Scene; readonly results: ByContestant<HotKeyRound> }[];

/** Many want one key, all the time. */
export async function measureHotKey({ port, control, quick, progress }: Bench): Promise<HotKeyResults> {
  const rounds = quick ? 1 : 5;
  const grants = quick ? 150 : 600;
  const step = progress("hot key", scenes.length * contestantIds.length * (rounds + 1));
  const crowd = createCrowd();
  let runs = 0;

  function prepare(scene: Scene, contestant: ContestantId): Omit<Parameters<Crowd["fight"]>[0], "onReady" | "onDone"> {
    const hotKey = { key: `hot:${++runs}`, waiters: scene.waiters, hold: HOLD, think: THINK };
    return { contestant, port, processes: scene.processes, hotKey, grants };
  }

  async function commandsPerGrant(scene: Scene, id: ContestantId): Promise<number> {
    let stop = async () => 0;
    let count = 0;
    const all = await crowd.fight({
      ...prepare(scene, id),
      grants: Math.ceil(grants / 2),
      async onReady() {
        stop = await countCommands(control);
      },
      async onDone() {
        count = await stop();
      },
    });
    step(titleOf(id));
    return count / all.length;
  }

  async function run(scene: Scene, id: ContestantId): Promise<Omit<HotKeyRound, "commands">> {
    let before = 0;
    let after = 0;
    const all = await crowd.fight({
      ...prepare(scene, id),
      async onReady() {
        before = (await readServerCosts(control)).cpu;
      },
      async onDone() {
        after = (await readServerCosts(control)).cpu;
      },
    });
    step(titleOf(id));
    const stats = hotKeyStats(all, grants, scene.processes * scene.waiters, scene.processes);
    return { ...stats, redisCpu: (after - before) / all.length };
  }

  try {
    const measured = [];
    for (const scene of scenes) {
      const commands = new Map<ContestantId, number>();
      const results = await interleave(contestantIds, rounds, async (id): Promise<HotKeyRound> => {
        if (!commands.has(id)) commands.set(id, await commandsPerGrant(scene, id));
        return { ...(await run(scene, id)), commands: commands.get(id)! };
      });
      measured.push({ scene, results });
    }
    return measured;
  } finally {
    await crowd.end();
  }
}
