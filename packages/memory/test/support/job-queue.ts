/** A queue of jobs as many have it: the next job starts where the one before it has ended. */
export function createJobQueue() {
  const jobs: (() => Promise<void>)[] = [];
  let busy = false;
  async function run(): Promise<void> {
    busy = true;
    await jobs.shift()?.();
    busy = jobs.length > 0;
    if (busy) void run();
  }
  return {
    add: <T>(job: () => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        jobs.push(() => job().then(resolve, reject));
        if (!busy) void run();
      }),
  };
}
