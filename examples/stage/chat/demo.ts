import { randomUUID } from "node:crypto";
import pc from "picocolors";
import { showProgress } from "../progress";
import { openServer } from "../server";
import { judge } from "./judge";
import type { ChatOptions } from "./options";
import { type Run, run } from "./run";
import { compareRuns, compareTranscripts, describeCrash } from "./tables";

export interface ChatDemo {
  readonly options: ChatOptions;
  /** The program of an instance of the service. */
  readonly service: URL;
}

const SESSIONS = 4;
const USERS = 4;

/** Short, so that the session of the instance that is killed need not wait for long. */
const TTL = 2_000;

/** Plays both runs and prints their outcome; returns whether it is the expected one. */
export async function playChat({ options, service }: ChatDemo, signal: AbortSignal): Promise<boolean> {
  const { client, whenBusy, messages } = options;
  const name = `distlock-demo-${randomUUID()}`;
  await using server = await openServer(options.redisUrl, `memory:{${name}-`);
  const total = SESSIONS * USERS * messages;
  const users = `${SESSIONS * USERS} users in ${SESSIONS} conversations`;
  console.log(`3 instances on ${client} answer ${users}, kept in ${server.place}`);

  async function play(title: string, locked: boolean): Promise<Run> {
    const progress = showProgress(title, total);
    const kind = locked ? "locked" : "bare";
    const sessions = Array.from({ length: SESSIONS }, (_, i) => `${name}-${kind}-${i + 1}`);
    const load = { sessions, users: USERS, messages };
    const settings = { service, redisUrl: server.url, client, whenBusy, locked, ttl: TTL };
    try {
      return await run({ ...settings, load, onAnswered: () => progress.step(), signal });
    } finally {
      progress.stop();
    }
  }

  const unlocked = await play("no lock", false);
  const locked = await play("turn lock", true);
  const { good, sentence } = judge(unlocked, locked);
  console.log(`\n${compareRuns(unlocked, locked)}\n\n${describeCrash(locked)}`);
  console.log(`\n${compareTranscripts(unlocked, locked)}\n`);
  console.log(good ? pc.green(sentence) : pc.red(sentence));
  return good;
}
