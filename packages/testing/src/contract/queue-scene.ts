import assert from "node:assert/strict";
import type { AcquireReply, Driver, HeartbeatReply } from "@distlock/core/driver";
import { enter, newKey } from "./calls";
import { type Inbox, openInbox } from "./inbox";
import { type Cases, type Scene, type ServerScene, sceneOf, serverSceneOf } from "./scene";
import type { ContractCase, DriverTarget } from "./target";

/** Two processes, each with an open inbox, and a key. */
interface Queueing {
  readonly key: string;
  /** The inbox of driver `a`. */
  readonly here: Inbox;
  /** The inbox of driver `b`. */
  readonly there: Inbox;
  /** How many wait for the key. */
  waiting(): Promise<number>;
  heartbeat(driver: Driver, inbox: Inbox, ...tokens: string[]): Promise<HeartbeatReply>;
  /** Makes an inbox's last sign of life too old: on a server at once, elsewhere by waiting. */
  outlive(stale: Inbox): Promise<void>;
}

export type QueueScene = Scene & Queueing;
export type QueueServerScene = Omit<ServerScene, "there"> & Queueing;

/** Longer than the time for which a heartbeat counts as a sign of life. */
const UNTIL_DEAD = 3_100;

/** Enters the queue of a key that is held. */
export async function wait(driver: Driver, key: string, token: string, ticket = 0) {
  const reply = await enter(driver, key, token, ticket);
  assert.equal(reply.status, "queued");
  return reply as AcquireReply & { status: "queued" };
}

async function silence(server: ServerScene | undefined, key: string, stale: Inbox): Promise<void> {
  if (!server) return void (await new Promise((resolve) => setTimeout(resolve, UNTIL_DEAD)));
  for (const name of await server.namesOf(key)) {
    if (String(await server.command("TYPE", name)) !== "zset") continue;
    if ((await server.command("ZSCORE", name, `@${stale.name}`)) !== null) {
      await server.command("ZADD", name, "-1", `@${stale.name}`);
    }
  }
}

function queueingOf(scene: Scene, server: ServerScene | undefined, key: string, here: Inbox, there: Inbox): Queueing {
  return {
    key,
    here,
    there,
    waiting: async () => (await scene.b.inspect(key)).waiting,
    heartbeat: (driver, inbox, ...tokens) => driver.queue!.heartbeat({ key, inbox: inbox.name, tokens }),
    outlive: (stale) => silence(server, key, stale),
  };
}

/** The cases with a key and two inboxes for each; cases that look at the server only if there is one. */
export function queueCasesOf(
  target: DriverTarget,
  cases: Cases<QueueScene>,
  onServer: Cases<QueueServerScene>,
): ContractCase[] {
  const scene = sceneOf(target);
  const server = target.command && serverSceneOf(target, target.command);

  async function withInboxes(run: (queueing: Queueing) => Promise<void>): Promise<void> {
    const inboxes = [await openInbox(scene.a), await openInbox(scene.b)] as const;
    try {
      await run(queueingOf(scene, server, newKey(), ...inboxes));
    } finally {
      for (const inbox of inboxes) await inbox.close();
    }
  }
  const plain = Object.entries(cases).map(([title, run]) => ({
    title,
    run: () => withInboxes((queueing) => run({ ...scene, ...queueing })),
  }));
  if (!server) return plain;
  const looking = Object.entries(onServer).map(([title, run]) => ({
    title,
    run: () => withInboxes((queueing) => run({ ...server, ...queueing })),
  }));
  return [...plain, ...looking];
}
