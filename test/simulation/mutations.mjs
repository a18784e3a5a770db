import { mutations as model } from "../model/mutations.mjs";

const driver = "src/in-process/in-process-driver.ts";
const queue = "src/in-process/wait-queue.ts";
const state = "src/in-process/lock-state.ts";
const expiring = "src/in-process/expiring.ts";

/** Edits of the in-process driver. In test/model/mutations.mjs the same name breaks the same rule in the scripts. */
const counterparts = {
  "hand-over leaves the waiter in the queue": [[queue, "        tickets.delete(token);\n", ""]],
  "hand-over notifies nobody": [[driver, "publish(token, (listener) => listener.granted(token, fence, CLAIM));", ""]],
  "the fence is only the clock": [[driver, "Math.max(fenceOf(state) + 1, micros())", "micros()"]],
  "the fence is only counted": [[driver, "Math.max(fenceOf(state) + 1, micros())", "fenceOf(state) + 1"]],
  "acquire grants a dead token": [[state, "(tombstones.get(token) ?? 0) > now() || ", ""]],
  "acquire grants a released token": [[state, " || live(released)?.token === token", ""]],
  "acquire overtakes": [[driver, "    handOver(state); // a newcomer does not overtake\n", ""]],
  "acquire never prolongs": [[driver, "if (left(state.lease) < ttl) extend(state, ttl);", ""]],
  "acquire's floor is the stored fence": [
    [driver, "floor: floorOf(state), head: queue", "floor: fenceOf(state), head: queue"],
  ],
  "heartbeat's floor is the stored fence": [[driver, "floor: floorOf(state),\n", "floor: fenceOf(state),\n"]],
  "tickets are only the clock": [[queue, "Math.max(micros(), data.lastTicket + 1)", "micros()"]],
  "acquire ignores the ticket": [[queue, "ticket || Math.max(", "Math.max("]],
  "enqueueing shows no life": [[driver, "    queue.showLife(inboxOf(token));\n", ""]],
  "extend shortens": [[expiring, "Math.max(one.until, now() + ttl)", "now() + ttl"]],
  "extend asks no token": [[driver, 'if (holderOf(state) !== token) return "lost";', ""]],
  "release asks no token": [
    [driver, "if (holderOf(state) === token) free(state, token);", "if (holderOf(state)) free(state, token);"],
  ],
  "release leaves no tombstone": [[driver, "if (tombstone) refuse(state, token);", ""]],
  "release keeps the waiter in the queue": [[driver, "      else state.queue.delete(token);\n", ""]],
  "a repeated release is not ours": [[driver, "live(state.released) === token ?", "false ?"]],
  "heartbeat shows no life": [[driver, "        waiters.showLife(inbox);\n", ""]],
  "heartbeat never says missing": [[driver, '"queued" : "missing"', '"queued" : "queued"']],
  "heartbeat never says granted": [[driver, 'holder === token ? "granted" : ', ""]],
  "hand-over trusts a clock that was set back": [[queue, " && until <= now() + WINDOW", ""]],
  "forceRelease notifies nobody": [[driver, "publish(holder, (listener) => listener.forcedOut(holder));", ""]],
};

const isOfTypeScript = ([file]) => file.startsWith("src/") && !file.startsWith("src/redis/");

/** The mutations that a simulation can find: they change only the locker and the in-process driver. */
export const simulated = Object.fromEntries([
  ...Object.entries(model)
    .filter(([, { edits }]) => edits.every(isOfTypeScript))
    .map(([name, { edits }]) => [name, edits]),
  ...Object.entries(counterparts),
]);
