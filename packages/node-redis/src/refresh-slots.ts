import type { AnyNodeRedisClient } from "./client-internals";

/** After how many ms without an answer another node is asked, and again. */
const REFRESH_AFTER = 1_000;

/** How often to ask. By then the locker has long given up on the request. */
const MAX_TRIES = 60;

const isReply = (error: unknown): boolean => error instanceof Error && /^[A-Z]+ /.test(error.message);

/**
 * Makes a Cluster client refresh its map of slots while a request gets no answer. By itself the client does so only on a
 * redirection, which a dead or frozen node never sends. So a script that does nothing is sent for the key to a random node,
 * which redirects the client. If that is the silent node, the next try goes to another one.
 */
export function refreshSlotsOnSilence(client: AnyNodeRedisClient): <T>(key: string, answer: Promise<T>) => Promise<T> {
  let refreshedAt = Number.NEGATIVE_INFINITY;

  function refresh(key: string): void {
    if (performance.now() - refreshedAt < REFRESH_AFTER / 2) return;
    refreshedAt = performance.now();
    client.sendCommand!(`${Math.random()}`, false, ["EVAL", "return 0", "1", key]).catch(() => {});
  }

  return (key, answer) => {
    let tries = 0;
    const timer = setInterval(() => {
      if (!client.isOpen || ++tries === MAX_TRIES)
        clearInterval(timer); // some requests are never answered
      else refresh(key);
    }, REFRESH_AFTER).unref();
    answer.then(
      () => clearInterval(timer),
      (error) => {
        clearInterval(timer);
        if (!isReply(error)) refresh(key);
      },
    );
    return answer;
  };
}
