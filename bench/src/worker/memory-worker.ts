import { subscribe } from "node:diagnostics_channel";
import { createLocker, LockError } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { LockedMemory, type Memory, type Message, RedisMemory, StaleTurnError } from "@distlock/memory";
import { nodeRedisConnection } from "@distlock/node-redis";
import { connectIoredis, connectNodeRedis } from "../contestants/connect";
import { TTL } from "../contestants/contestant";
import { type MemoryMode, type MemoryModeId, memoryModes } from "./memory-modes";
import { monotonic } from "./monotonic";

/** One of the instances that share the sessions; the others take the other turns of each. */
export interface MemoryPost {
  readonly mode: MemoryModeId;
  readonly port: number;
  readonly run: string;
  readonly sessions: number;
  /** Per session, one after the other. */
  readonly turns: number;
}

export interface MemoryAnswer {
  /** ms of the machine's monotonic clock. */
  readonly from: number;
  readonly to: number;
  /** The wait of each turn, from asking for it until it begins, in ms. */
  readonly waits: readonly number[];
  /** How many turns lost their lock, since this process or the server was late. Turns that were not done by then tried again. */
  readonly lost: number;
}

const { mode, port, run, sessions, turns } = JSON.parse(process.argv[2]!) as MemoryPost;
const { client, locked }: MemoryMode = memoryModes[mode];
process.once("disconnect", () => process.exit());

const connections: Readonly<Record<MemoryMode["client"], () => Promise<RedisConnection>>> = {
  ioredis: async () => ioredisConnection(await connectIoredis(port)),
  "node-redis": async () => nodeRedisConnection((await connectNodeRedis(port)) as never),
};
const connection = await connections[client]();
const locker = createLocker(redisDriver(connection), { ttl: TTL });
const lockedSessions = new LockedMemory((session: string) => new RedisMemory(connection, { session }), locker);

/** The answer says how many messages the turn knew. A turn that is tried again may have been saved before. */
async function work(memory: Pick<Memory, "load" | "save">, id: string): Promise<void> {
  const history = await memory.load();
  if (history.some((message) => message.id === id)) return;
  const answer: Message = { role: "assistant", content: `after ${history.length}` };
  await memory.save({ role: "user", content: "And then?", id }, answer, { idempotencyKey: id });
}

let lost = 0;
const isLoss = (error: unknown) => LockError.is(error) && error.code === "LOCK_LOST";
subscribe("distlock:warning", (error) => {
  if (isLoss(error)) lost++;
});

async function takeTurn(session: string, name: string): Promise<number> {
  const asked = monotonic();
  for (;;) {
    let wait = 0;
    try {
      await lockedSessions.for(session).withTurn({ timeout: Number.POSITIVE_INFINITY }, (turn) => {
        wait = monotonic() - asked;
        return work(turn, name);
      });
      return wait;
    } catch (error) {
      if (!StaleTurnError.is(error) && !isLoss(error)) throw error;
      lost++;
    }
  }
}

async function takeTurns(session: string, count: number, waits: number[]): Promise<void> {
  for (let i = 0; i < count; i++) {
    const name = `${process.pid} ${i}`;
    if (locked) waits.push(await takeTurn(session, name));
    else await work(new RedisMemory(connection, { session }), name);
  }
}

const all = (name: string, count: number, each: number, waits: number[] = []) =>
  Promise.all(Array.from({ length: count }, (_, i) => takeTurns(`${name}:${i}`, each, waits)));

await all(`warm-up:${run}`, 50, 10);
process.send!("ready");
await new Promise((resolve) => process.once("message", resolve));
lost = 0;
const waits: number[] = [];
const from = monotonic();
await all(run, sessions, turns, waits);
process.send!({ from, to: monotonic(), waits, lost } satisfies MemoryAnswer);
