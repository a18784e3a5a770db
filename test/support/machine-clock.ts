/** How often the clock looks whether the machine keeps up, in ms. */
const TICK = 10;
/** What one tick counts at most, in ms. An idle machine needs 10 to 12. */
const LONGEST = 20;

/** ms, like `performance.now()`. */
export type MachineClock = () => number;

/**
 * A clock that stands still while the machine is late. A limit on this clock says what the code did, and not what else the
 * machine had to do: on an idle machine the clock keeps the time, and on a busy one it goes as slowly as this process does.
 * It never runs ahead of the time. A tick also waits for the answer of `beside`: name what else has to act in time, as a server
 * does. A server that is frozen on purpose would stop the clock.
 */
export function machineClock(beside: () => unknown = () => {}): MachineClock {
  let counted = 0;
  let last = performance.now();
  let broken: unknown;
  const sinceTick = () => Math.min(performance.now() - last, LONGEST);
  async function tick(): Promise<void> {
    await beside();
    counted += sinceTick();
    last = performance.now();
    arm();
  }
  const fail = (error: unknown) => {
    broken = error;
  };
  // A clock keeps no process running.
  const arm = () => void setTimeout(() => tick().catch(fail), TICK).unref();
  arm();
  return () => {
    // A clock that stands still for good would let everything pass.
    if (broken !== undefined) throw broken;
    return counted + sinceTick();
  };
}
