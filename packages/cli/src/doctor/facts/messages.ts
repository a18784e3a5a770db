import { randomBytes } from "node:crypto";
import type { Driver, Listener } from "@distlock/core/driver";
import type { Node } from "../../connection/clients";
import type { Ask } from "./ask";
import type { Problem } from "./facts";

const SCRIPT = "return redis.pcall('publish', ARGV[1], ARGV[2])";

/** Sends a message from a node to an inbox of our own, as a release does. Returns what went wrong. */
export async function messageProblem(
  ask: Ask,
  driver: Driver,
  node: Node,
  key: string,
  timeout: number,
): Promise<Problem> {
  const inbox = `doctor-${randomBytes(8).toString("hex")}`;
  let came = () => {};
  const arrived = new Promise<undefined>((resolve) => {
    came = () => resolve(undefined);
  });
  const listener: Listener = { granted: () => came(), forcedOut: () => came(), ended: () => {} };
  let close: () => Promise<void>;
  try {
    close = await driver.queue!.listen(inbox, listener, AbortSignal.timeout(timeout));
  } catch (error) {
    return `SUBSCRIBE failed: ${(error as Error).message}`;
  }
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await ask(node, "EVAL", SCRIPT, "1", key, `distlock:${inbox}`, `${inbox}: 1 1`);
    if ("refusal" in answer) return `PUBLISH failed: ${answer.refusal}`;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`a message did not arrive within ${timeout} ms`), timeout);
    });
    return await Promise.race([arrived, late]);
  } finally {
    clearTimeout(timer);
    await close();
  }
}
