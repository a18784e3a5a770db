/** How long a topology may take to start, or to recover from a fault. */
const PATIENCE = 30_000;

/** Repeats a check until it passes; a check that throws has not passed. Rejects after half a minute with the last failure. */
export async function settled<T>(look: () => Promise<T | false | undefined>, what: string): Promise<T> {
  const until = performance.now() + PATIENCE;
  let reason: unknown;
  while (performance.now() < until) {
    try {
      const seen = await look();
      if (seen !== false && seen !== undefined) return seen;
    } catch (error) {
      reason = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${PATIENCE} ms`, { cause: reason });
}
