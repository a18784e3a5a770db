import { setTimeout as sleep } from "node:timers/promises";

/** One message of a user, and what came of it. */
export interface Asked {
  readonly session: string;
  readonly user: string;
  /** Also its idempotency key, and the first word of its text: "q7". */
  readonly id: string;
  /** What the user was told; none if there was no answer in time. A message that was sent twice at once has two. */
  readonly answers: readonly string[];
  /** How often an answer broke off, and how often the service said to come again (409, 503). */
  readonly brokenOff: number;
  readonly refused: number;
}

/** How long a user tries to send one message, in ms. */
const PATIENCE = 30_000;

export interface Message {
  readonly session: string;
  readonly user: string;
  readonly id: string;
  readonly text: string;
  /** An impatient user sends it twice at once. */
  readonly twice: boolean;
}

/** Sends a message until it is answered, always with the same idempotency key. */
export async function ask(url: string, { session, user, id, text, twice }: Message, stop: AbortSignal): Promise<Asked> {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({ session, message: text }),
    signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
  };
  const answers: string[] = [];
  let brokenOff = 0;
  let refused = 0;

  async function send(): Promise<void> {
    while (!request.signal.aborted) {
      try {
        const response = await fetch(`${url}/chat`, request);
        const answer = await response.text();
        if (response.ok) return void answers.push(answer);
        if (response.status !== 409 && response.status !== 503) throw new Error(`${response.status} ${answer}`);
        refused++;
        await sleep(Number(response.headers.get("retry-after")) * 1_000 * (1 + Math.random()));
      } catch (error) {
        if (request.signal.aborted) return;
        // This is how fetch says that a connection has ended.
        if (!(error instanceof TypeError)) throw error;
        brokenOff++;
      }
    }
  }

  await Promise.all(twice ? [send(), send()] : [send()]);
  stop.throwIfAborted();
  return { session, user, id, answers, brokenOff, refused };
}
