/** How long a topology may take to start, or to get over what was done to it. */
const PATIENCE = 30_000;

/** Looks again and again until it sees something; what throws is a look in vain. Rejects after half a minute, with what was wrong. */
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
