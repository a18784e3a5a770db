import { createLocker } from "@distlock/core";
import { clients } from "../support/clients";
import { bareLocker } from "./bare-locker";
import { monotonic } from "./clock";
import { idOf } from "./id";
import { job } from "./job";
import { createLooker } from "./looker";
import { createMoments } from "./moments";
import type { Order, Post } from "./orders";
import { pause } from "./pause";
import { ranOnce } from "./period";
import { createRandom } from "./random";
import { openRecorder } from "./recorder";
import { openStore } from "./store";
import { watchedDriver } from "./watched-driver";

/** Acquires and releases until it gets the order to finish, and records what it did, saw and believed. */
const post = JSON.parse(process.argv[2]!) as Post;
const { worker, client, url, storeUrl, folder, keys, jobs, seed, hands, bare } = post;
const { record } = openRecorder(folder, worker);

const wrong = (why: string) => record({ what: "wrong", at: monotonic(), why: `${worker}: ${why}` });
process.on("unhandledRejection", (error) => wrong(`unhandled rejection: ${(error as Error)?.stack ?? error}`));
process.on("uncaughtException", (error) => {
  wrong(`uncaught exception: ${error.stack}`);
  process.exit(1);
});
process.once("disconnect", () => process.exit());

/** Between two attempts to connect, in ms: short, so that a round tests us and not the pauses of a client. */
const PAUSE = 100;
/** No client should need longer to find out that its connection is gone. */
const SILENCE = 30_000;

const looker = createLooker(worker, record);
const moments = createMoments((from, token) => {
  looker.look();
  record({ what: "stalled", from, at: monotonic(), worker, id: idOf(token) });
});
const random = createRandom(seed);
const opened = clients[client]!(url, { pause: PAUSE });
let isCalm = false;
let isFinishing = false;

async function obey(order: Order): Promise<void> {
  if (order.do === "suffer") moments.prepare(order.blow);
  if (order.do === "step clock") stepClock(order.ms);
  if (order.do === "finish") isFinishing = true;
  if (order.do === "calm") {
    isCalm = true;
    await answered();
  }
  if (order.do === "spare") moments.spare();
  if (order.do === "spare" || order.do === "calm") process.send!(order.do);
}

/** Works even if the client has yet to notice that its connection is gone. */
async function answered(): Promise<void> {
  const client = await opened;
  const complain = () => wrong(`no answer for ${SILENCE} ms when all is well; the client says "${client.state()}"`);
  const timer = setTimeout(complain, SILENCE);
  const isAnswered = () =>
    client.ping().then(
      () => true,
      () => false,
    );
  while (!(await isAnswered())) await pause(50);
  clearTimeout(timer);
}
process.on("message", (order: Order) => void obey(order));

function stepClock(ms: number): void {
  const { now } = Date;
  Date.now = () => now() + ms;
}

const redis = await opened;
const store = openStore(storeUrl, !bare);
const locker = bare ? bareLocker() : createLocker(watchedDriver(redis.driver, worker, record, moments));
const workplace = { worker, keys, jobs, random, locker, store, looker, moments, record, isCalm: () => isCalm };

async function work(): Promise<void> {
  while (!isFinishing) {
    const task = random.chance(15) ? ranOnce : job;
    await task(workplace).catch((error) => wrong(`a job failed: ${error?.stack ?? error}`));
    await pause(random.int(0, 50));
  }
}
process.send!("begun");
await Promise.all(Array.from({ length: hands }, work));
await locker.close();
looker.stop();
redis.close();
store.close();
process.disconnect();
