import { setTimeout as sleep } from "node:timers/promises";
import type { Told } from "./conversation";

export interface Message extends Pick<Told, "user" | "id" | "times"> {
  readonly session: string;
  readonly text: string;
}

export interface Asked extends Told {
  /** Answers that broke off. */
  readonly brokenOff: number;
  /** Answers "come again" (409, 5xx). */
  readonly refused: number;
}

/** How long a user tries to send one message, in ms. */
const PATIENCE = 30_000;

/** Sends a message until it is answered, always with the same idempotency key. Rejects with the reason of `stop`. */
export async function ask(url: string, message: Message, stop: AbortSignal): Promise<Asked> {
  const { session, user, id, text, times } = message;
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]);
  const request = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({ session, message: text }),
    signal,
  };
  const answers: string[] = [];
  let brokenOff = 0;
  let refused = 0;

  async function send(): Promise<void> {
    while (!signal.aborted) {
      try {
        const response = await fetch(`${url}/chat`, request);
        const answer = await response.text();
        if (response.ok) return void answers.push(answer);
        if (response.status !== 409 && response.status < 500) throw new Error(`${response.status} ${answer}`);
        refused++;
        const seconds = Number(response.headers.get("retry-after") ?? 0.1);
        await sleep(seconds * 1_000 * (1 + Math.random() / 2), undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        // This is how fetch says that a connection has ended.
        if (!(error instanceof TypeError)) throw error;
        brokenOff++;
      }
    }
  }

  await Promise.all(Array.from({ length: times }, send));
  stop.throwIfAborted();
  return { user, id, times, answers, brokenOff, refused };
}
