import { mutations as model } from "../model/mutations.mjs";

const driver = "src/in-process/in-process-driver.ts";
const grants = "src/in-process/grants.ts";
/** For an edit that makes a value which expires. */
const withExpiring = [driver, "import { left, live", "import { expiring, left, live"];
const queue = "src/in-process/wait-queue.ts";
const state = "src/in-process/lock-state.ts";
const expiring = "src/in-process/expiring.ts";

/** Edits of the in-process driver. In test/model/mutations.mjs the same name breaks the same rule in the scripts. */
const counterparts = {
  "hand-over leaves the waiter in the queue": [[queue, "        tickets.delete(token);\n", ""]],
  "hand-over notifies nobody": [[driver, "publish(token, (listener) => listener.granted(token, fence, CLAIM));", ""]],
  "the fence is only the clock": [[grants, "Math.max(fenceOf(state) + 1, micros())", "micros()"]],
  "the fence is only counted": [[grants, "Math.max(fenceOf(state) + 1, micros())", "fenceOf(state) + 1"]],
  "acquire grants a dead token": [[state, "(tombstones.get(token) ?? 0) > now() || ", ""]],
  "acquire grants a released token": [[state, " || live(released) === token", ""]],
  "acquire overtakes": [[driver, "    handOver(state); // a newcomer does not overtake\n", ""]],
  "acquire never prolongs": [[grants, "if (left(state.lease) < ttl) extend(state, ttl);", ""]],
  "acquire's floor is the stored fence": [
    [driver, "floor: floorOf(state),\n      head: ahead", "floor: fenceOf(state),\n      head: ahead"],
  ],
  "heartbeat's floor is the stored fence": [
    [driver, "floor: floorOf(state),\n        head: waiters", "floor: fenceOf(state),\n        head: waiters"],
  ],
  "tickets are only the clock": [[queue, "Math.max(micros(), data.lastTicket + 1)", "micros()"]],
  "acquire ignores the ticket": [[queue, "ticket || Math.max(", "Math.max("]],
  "enqueueing shows no life": [[driver, "    queue.showLife(inboxOf(token));\n", ""]],
  "extend shortens": [[expiring, "Math.max(one.until, now() + ttl)", "now() + ttl"]],
  "extend asks no token": [[driver, 'if (holderOf(state) !== token) return forcedOut(state, token) ?? "lost";', ""]],
  "release asks no token": [
    [driver, "if (holderOf(state) === token) free(state, token);", "if (holderOf(state)) free(state, token);"],
  ],
  "release leaves no tombstone": [[driver, "if (tombstone) refuse(state, token, TOMBSTONE);", ""]],
  "release keeps the waiter in the queue": [[driver, "      else state.queue.delete(token);\n", ""]],
  "a repeated release is not ours": [[driver, "live(state.released) === token ?", "false ?"]],
  "heartbeat shows no life": [[driver, "        waiters.showLife(inbox);\n", ""]],
  "heartbeat never says missing": [[driver, '"queued" : "missing"', '"queued" : "queued"']],
  "heartbeat never says granted": [[driver, 'holder === token ? "granted" : ', ""]],
  "hand-over trusts a clock that was set back": [[queue, " && until <= now() + WINDOW", ""]],
  "hand-over mints no fence": [
    withExpiring,
    [
      driver,
      "    const fence = grant(state, token, CLAIM);",
      "    state.lease = expiring(token, CLAIM);\n    const fence = fenceOf(state);",
    ],
  ],
  "acquire grants a token that was forced out": [[driver, "      refuse(state, holder, left(state.lease));\n", ""]],
  "acquire shortens": [
    [grants, "if (left(state.lease) < ttl) extend(state, ttl);", "state.lease = expiring(state.lease!.value, ttl);"],
  ],
  "heartbeat shortens": [
    withExpiring,
    [driver, "prolong(state.lease, CLAIM);", "state.lease = expiring(holder, CLAIM);"],
  ],
  "heartbeat leaves a free lock": [
    [driver, "        waiters.showLife(inbox);\n        handOver(state);", "        waiters.showLife(inbox);"],
  ],
  "heartbeat enqueues": [
    [
      driver,
      "      if (waiters.size > 0) {\n",
      "      for (const token of tokens) if (holderOf(state) !== token) waiters.enter(token, 0);\n      if (waiters.size > 0) {\n",
    ],
  ],
  "heartbeat does not keep the queue": [
    [queue, "      keepFor(2 * WINDOW);\n", "      if (data.until <= now()) keepFor(2 * WINDOW);\n"],
  ],
  "release hands nothing over": [
    [
      driver,
      "if (tombstone) refuse(state, token, TOMBSTONE);\n      handOver(state);",
      "if (tombstone) refuse(state, token, TOMBSTONE);",
    ],
  ],
  "forceRelease hands nothing over": [
    [driver, "reason || undefined));\n      handOver(state);", "reason || undefined));"],
  ],
  "a transfer keeps the fence": [
    withExpiring,
    [
      driver,
      'return { status: "granted", fence: grant(state, to, ttl) };',
      'state.lease = expiring(to, ttl);\n      return { status: "granted", fence: fenceOf(state) };',
    ],
  ],
  "a transfer leaves its first token alive": [[driver, "      free(state, from);\n", ""]],
  "a transfer asks no token": [[driver, "if (holder !== from) {", "if (holder === undefined) {"]],
  "forceRelease notifies nobody": [
    [driver, "publish(holder, (listener) => listener.forcedOut(holder, reason || undefined));", ""],
  ],
};

const isOfTypeScript = ([file]) => file.startsWith("src/") && !file.startsWith("src/redis/");

/** The mutations that a simulation can find: they change only the locker and the in-process driver. */
export const simulated = Object.fromEntries([
  ...Object.entries(model)
    .filter(([, { edits }]) => edits.every(isOfTypeScript))
    .map(([name, { edits }]) => [name, edits]),
  ...Object.entries(counterparts),
]);

/** The mutations of TypeScript that a simulation cannot find, each with the reason. */
export const unseen = {
  "a holder listens to nothing":
    "A habit is about processes that listen. No rule says how soon a process without a listener must learn of a forced release.",
  "a new inbox checks no hold":
    "A habit is about messages that were sent while a process listened. No rule says what becomes of the earlier ones.",
  "two locks share their companions":
    "The in-process driver keeps one state for each key, and has no companions: only the scripts use these names.",
};

/** The mutations that no rule and no scenario finds within a minute so far, each with what it would take. */
export const missed = {
  "a handed-over lock is announced before its extension is sent":
    "A client that writes in the next turn must get a lock by a message, and its work must block the event loop at once.",
  "hand-over trusts a clock that was set back":
    "A process must die while its last sign of life is ahead of the clock, and be the first in the queue then.",
  "a silence outlasts the outage": "A client that times out must have many silent lines at the end of a long outage.",
};
