import { median } from "simple-statistics";
import type { Contestant, Cycle } from "./contestants";

export interface Figure {
  readonly name: string;
  /** Cycles per second of each round. */
  readonly rounds: readonly number[];
  readonly median: number;
  /** Median of the rounds' ratios to the base contestant. */
  readonly ofBare: number;
}

async function round(cycle: Cycle, cycles: number, parallel: number, id: string): Promise<number> {
  const start = performance.now();
  const lane = async (key: string) => {
    for (let i = 0; i < cycles / parallel; i++) await cycle(key);
  };
  await Promise.all(Array.from({ length: parallel }, (_, i) => lane(`bench:${id}:${i}`)));
  return (cycles / (performance.now() - start)) * 1_000;
}

/** The contestants take turns, so that other work on the machine meets all alike. */
export async function measure(
  contestants: readonly Contestant[],
  { rounds, cycles, parallel }: { rounds: number; cycles: number; parallel: number },
  progress: (done: number) => void,
): Promise<readonly Figure[]> {
  const speeds = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  for (const { name, cycle } of contestants) await round(cycle, cycles / 4, parallel, name);
  for (let i = 0; i < rounds; i++) {
    for (const { name, cycle } of contestants) speeds.get(name)!.push(await round(cycle, cycles, parallel, name));
    progress((i + 1) / rounds);
  }
  return contestants.map(({ name, base }) => {
    const own = speeds.get(name)!;
    const ratios = own.map((speed, i) => speed / speeds.get(base)![i]!);
    return { name, rounds: own.map(Math.round), median: Math.round(median(own)), ofBare: median(ratios) };
  });
}
