import { type Failure, failures, type Recovery } from "./recovery";
import { type Calm, calm, failing, type Size } from "./scene";

export interface Measured {
  readonly calm: Calm;
  readonly recoveries: readonly (Recovery & Size)[];
}

/** Plays a size without a failure, and then once with each failure. `onRun` is called after each run. */
export async function measure(seed: number, size: Size, onRun: (what: string) => void): Promise<Measured> {
  const quiet = await calm(seed, size);
  onRun("no failure");
  const recoveries: (Recovery & Size)[] = [];
  for (const failure of Object.keys(failures) as Failure[]) {
    recoveries.push(await failing(seed, size, failure));
    onRun(failures[failure].about);
  }
  return { calm: quiet, recoveries };
}
