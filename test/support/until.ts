import type { Locker } from "@distlock/core";

/** Polls for a state that no event announces. The test's own timeout is the bound. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when so many wait for the key. */
export const untilWaiting = (locker: Locker, key: string, count: number): Promise<void> =>
  until(async () => (await locker.inspect(key)).waiting === count);
