import type { Extras } from "./client";

/** After how many ms without an answer another node is asked, and again. */
const SILENCE = 1_000;

/** The locker has long given the request up. */
const LOOKS = 60;

const isReply = (error: unknown): boolean => error instanceof Error && /^[A-Z]+ /.test(error.message);

/**
 * Has a Cluster look again who has which slots while a request gets no answer. By itself it does so only when a node sends it
 * away, which one that is dead or frozen does not. So another one is asked for the key, and sends it away. Which one that
 * is is left to chance: if it is the silent one, the next look is another's.
 */
export function lookingAgain(client: Extras): <T>(key: string, answer: Promise<T>) => Promise<T> {
  let lookedAt = Number.NEGATIVE_INFINITY;

  function look(key: string): void {
    if (performance.now() - lookedAt < SILENCE / 2) return;
    lookedAt = performance.now();
    client.sendCommand!(`${Math.random()}`, false, ["EVAL", "return 0", "1", key]).catch(() => {});
  }

  return (key, answer) => {
    let looks = 0;
    const timer = setInterval(() => {
      if (!client.isOpen || ++looks === LOOKS)
        clearInterval(timer); // some requests are never answered
      else look(key);
    }, SILENCE).unref();
    answer.then(
      () => clearInterval(timer),
      (error) => {
        clearInterval(timer);
        if (!isReply(error)) look(key);
      },
    );
    return answer;
  };
}
