import { startWorker } from "@distlock/testing";
import { buildObserving } from "../worker/observing-build";
import type { ObservingOrder, ObservingPost } from "../worker/observing-worker";
import type { Bench } from "./bench";
import { type CycleRound, PARALLEL } from "./cycle";
import { interleave, type Results } from "./rounds";

/** Each with what it is compared with: the library without observers, or the program that traces its requests only. */
export const observingModes = ["without", "off", "traces", "telemetry"] as const;
export type ObservingMode = (typeof observingModes)[number];
export type ObservingResults = Readonly<Record<ObservingPost["client"], Results<ObservingMode, CycleRound>>>;

export const observingClients = ["ioredis", "node-redis"] as const;

/** The cycle of an acquire and a release, in each mode. */
export async function measureObserving({ port, quick, progress }: Bench): Promise<ObservingResults> {
  const rounds = quick ? 3 : 40;
  const sequential = quick ? 200 : 500;
  const each = quick ? 5 : 40;
  const step = progress("observing", observingClients.length * (rounds + 1) * observingModes.length);
  const [withObservers, without] = [await buildObserving(true), await buildObserving(false)];

  async function open(client: ObservingPost["client"], mode: ObservingMode) {
    const post: ObservingPost = {
      client,
      port,
      traces: mode === "traces" || mode === "telemetry",
      telemetry: mode === "telemetry",
    };
    const worker = startWorker((mode === "without" ? without : withObservers).worker, { args: [JSON.stringify(post)] });
    await worker.next();
    const cycle = async (order: ObservingOrder): Promise<number> => {
      worker.process.send(order);
      return worker.next<number>();
    };
    await cycle({ parallel: 1, each: 4 * sequential });
    await cycle({ parallel: PARALLEL, each: 4 * each });
    step(`${mode} (${client})`);
    return { worker, cycle };
  }

  async function measure(client: ObservingPost["client"]): Promise<Results<ObservingMode, CycleRound>> {
    const opened = new Map<ObservingMode, Awaited<ReturnType<typeof open>>>();
    for (const mode of observingModes) opened.set(mode, await open(client, mode));
    try {
      return await interleave(observingModes, rounds, async (mode) => {
        const { cycle } = opened.get(mode)!;
        const one = await cycle({ parallel: 1, each: sequential });
        const many = await cycle({ parallel: PARALLEL, each });
        step(`${mode} (${client})`);
        return { sequential: (1_000 * sequential) / one, parallel: (1_000 * PARALLEL * each) / many };
      });
    } finally {
      for (const { worker } of opened.values()) {
        worker.signal("SIGKILL");
        await worker.ended;
      }
    }
  }

  try {
    return { ioredis: await measure("ioredis"), "node-redis": await measure("node-redis") };
  } finally {
    await withObservers.remove();
    await without.remove();
  }
}
