import { startWorker, type Worker } from "@distlock/testing";
import type { Redis } from "ioredis";
import { quantile } from "simple-statistics";
import { type MemoryModeId, memoryModeIds, memoryModes, titleOfMode } from "../worker/memory-modes";
import type { MemoryAnswer, MemoryPost } from "../worker/memory-worker";
import type { Bench } from "./bench";
import { interleave, type Results } from "./rounds";
import { callsBetween, readServerCosts } from "./server-costs";
import { within } from "./within";

export interface MemoryRound {
  /** Per second, of all instances. */
  readonly turns: number;
  /** The wait for a turn, from asking for it until it begins, in ms. */
  readonly waitP50: number;
  readonly waitP99: number;
  readonly longestWait: number;
  /** Scripts that clients sent, per turn. */
  readonly commands: number;
  /** CPU time of the server per turn, in µs. */
  readonly redisCpu: number;
  /** Turns that lost their lock. */
  readonly lost: number;
  /** Turns that did not know of a turn that was saved before them. */
  readonly blind: number;
}

/** So many sessions at once, each with so many turns, which the instances ask for in equal parts. */
export interface MemoryScene {
  readonly sessions: number;
  readonly turns: number;
  readonly instances: number;
}

export interface MemoryResults {
  readonly scene: MemoryScene;
  readonly results: Results<MemoryModeId, MemoryRound>;
}

const LONGEST = 60_000;

/** How many answers know of fewer messages than there were before them. */
async function countBlind(control: Redis, run: string, { sessions }: MemoryScene): Promise<number> {
  let blind = 0;
  for (let i = 0; i < sessions; i++) {
    const texts = await control.lrange(`memory:{${run}:${i}}:messages`, 0, -1);
    blind += texts.filter((text, at) => at % 2 === 1 && JSON.parse(text).content !== `after ${at - 1}`).length;
  }
  return blind;
}

/** Instances that share sessions: turns of `LockedMemory` beside the same work without locks. */
export async function measureMemory({ port, control, quick, progress }: Bench): Promise<MemoryResults> {
  const scene: MemoryScene = { sessions: quick ? 100 : 1_000, turns: 10, instances: 2 };
  const rounds = quick ? 1 : 7;
  const total = scene.sessions * scene.turns;
  const step = progress("memory", rounds * memoryModeIds.length);

  async function measure(mode: MemoryModeId, run: string, workers: readonly Worker[]): Promise<MemoryRound> {
    await Promise.all(workers.map((worker) => worker.next()));
    const before = await readServerCosts(control);
    for (const worker of workers) worker.process.send("go");
    const answers = await Promise.all(workers.map((worker) => worker.next<MemoryAnswer>()));
    const after = await readServerCosts(control);
    const measured = answers.flatMap((answer) => answer.waits);
    const waits = measured.length === 0 ? [0] : measured;
    const elapsed = Math.max(...answers.map(({ to }) => to)) - Math.min(...answers.map(({ from }) => from));
    const blind = await countBlind(control, run, scene);
    if (memoryModes[mode].locked && blind > 0) throw new Error(`${blind} turns did not know all messages before them`);
    return {
      turns: (1_000 * total) / elapsed,
      waitP50: quantile(waits, 0.5),
      waitP99: quantile(waits, 0.99),
      longestWait: Math.max(...waits),
      commands: callsBetween(before, after, "evalsha", "eval") / total,
      redisCpu: (after.cpu - before.cpu) / total,
      lost: answers.reduce((sum, answer) => sum + answer.lost, 0),
      blind,
    };
  }

  const results = await interleave(memoryModeIds, rounds, async (mode, round) => {
    const run = `${mode}:${round}`;
    const post: MemoryPost = { mode, port, run, sessions: scene.sessions, turns: scene.turns / scene.instances };
    const workers = Array.from({ length: scene.instances }, () =>
      startWorker(new URL("../worker/memory-worker.ts", import.meta.url), {
        args: [JSON.stringify(post)],
        execArgv: ["--import", import.meta.resolve("tsx")],
      }),
    );
    try {
      return await within(LONGEST, "a run", measure(mode, run, workers));
    } finally {
      for (const worker of workers) worker.signal("SIGKILL");
      await Promise.all(workers.map(({ ended }) => ended));
      await control.flushall();
      step(titleOfMode(mode));
    }
  });
  return { scene, results };
}
