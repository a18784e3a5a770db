import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { leaseEnd, MIN_TTL } from "../src/driver/lease";
import { CLAIM, HEARTBEAT, TOMBSTONE, WINDOW } from "../src/driver/times";
import { ANSWER_TIMEOUT } from "../src/driver/with-timeout";
import { FAILURE_PAUSE } from "../src/locker/acquire/pause";
import { REPLICATION } from "../src/locker/acquire/request";
import { PERSISTENCE } from "../src/locker/give-up-token";
import { EXTEND_AFTER, GRID, RETRY_AFTER } from "../src/locker/hold/lease-schedule";
import { PART_PAUSE, PARTS } from "../src/locker/queue/heartbeats";
import { IDLE, LONGEST_REOPENING } from "../src/locker/queue/inbox";
import { GROWTH, LONGEST_INTERVAL, SHORTEST_INTERVAL, SILENT_BEATS } from "../src/locker/queue/line";
import { OVERDUE } from "../src/locker/queue/message-watch";
import { GRACE } from "../src/redis/replicator";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = `${root}docs/internals/`;
const page = await readFile(`${folder}timing.md`, "utf8");

interface Row {
  readonly name: string;
  readonly stated: string;
  /** From the root of the repository. */
  readonly file: string;
}

const rows: readonly Row[] = [
  ...page.matchAll(/^\| `([A-Z_]+)` \| ([^|]+?) \| \[`[^`]+`\]\(\.\.\/\.\.\/([^)]+)\) \|/gm),
].map(([, name = "", stated = "", file = ""]) => ({ name, stated, file }));

/** The constants of a file that are numbers, with what stands behind the `=`. A script may declare several at once. */
async function constantsOf(file: string): Promise<Map<string, string>> {
  const text = await readFile(root + file, "utf8");
  const found = text.matchAll(/^(?:export )?(?:const|local) ([A-Z][A-Z_, ]+) = ([\dA-Z][\w.+*/, -]*);?$/gm);
  return new Map(
    [...found].flatMap(([, names = "", values = ""]) => {
      const each = values.split(", ");
      return names.split(", ").map((name, i) => [name, each[i]!] as const);
    }),
  );
}

/** The value of an expression of numbers and of constants that the page has. */
function numberOf(expression: string): number {
  const numbers = expression.replaceAll(
    /[A-Z][A-Z_]+/g,
    (name) => rows.find((row) => row.name === name)?.stated ?? name,
  );
  return new Function(`return ${numbers.replaceAll(/[",_]| ms/g, "")}`)();
}

const patiences = rows.filter(({ name }) => name === "PATIENCE").map(({ stated }) => numberOf(stated));

const inequalities: Readonly<Record<string, boolean>> = {
  "LONGEST_INTERVAL + PARTS × PART_PAUSE < leaseEnd(0, CLAIM)":
    LONGEST_INTERVAL + PARTS * PART_PAUSE < leaseEnd(0, CLAIM),
  "2 × LONGEST_INTERVAL < WINDOW": 2 * LONGEST_INTERVAL < WINDOW,
  "CLAIM ≥ WINDOW": CLAIM >= WINDOW,
  "2 × WINDOW > WINDOW + LONGEST_INTERVAL": 2 * WINDOW > WINDOW + LONGEST_INTERVAL,
  "SILENT_BEATS × SHORTEST_INTERVAL > WINDOW": SILENT_BEATS * SHORTEST_INTERVAL > WINDOW,
  "LONGEST_INTERVAL < 1,300": LONGEST_INTERVAL < 1_300,
  "IDLE > 2 × WINDOW": IDLE > 2 * WINDOW,
  "OVERDUE < SHORTEST_INTERVAL": OVERDUE < SHORTEST_INTERVAL,
  "LONGEST_REOPENING < SHORTEST_INTERVAL": LONGEST_REOPENING < SHORTEST_INTERVAL,
  "1.5 × FAILURE_PAUSE < SHORTEST_INTERVAL": 1.5 * FAILURE_PAUSE < SHORTEST_INTERVAL,
  "TOMBSTONE ≥ PERSISTENCE": TOMBSTONE >= PERSISTENCE,
  "TOMBSTONE > ANSWER_TIMEOUT": TOMBSTONE > ANSWER_TIMEOUT,
  "EXTEND_AFTER + GRID + RETRY_AFTER < 1/2": EXTEND_AFTER + GRID + RETRY_AFTER < 1 / 2,
  "leaseEnd(0, MIN_TTL) > 0": leaseEnd(0, MIN_TTL) > 0,
  "leaseEnd(0, MIN_TTL − 1) ≤ 0": leaseEnd(0, MIN_TTL - 1) <= 0,
  "PATIENCE < GRACE": patiences.length === 2 && patiences.every((patience) => patience < GRACE),
  "REPLICATION + GRACE < ANSWER_TIMEOUT": REPLICATION + GRACE < ANSWER_TIMEOUT,
};

test.each(Object.entries(inequalities))("%s", (_, holds) => {
  expect(holds).toBe(true);
});

test("timing.md has the inequalities that are tested here, and no other", () => {
  const section = page.slice(page.indexOf("## Inequalities"), page.indexOf("### If you change one"));
  const cells = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    cell.match(/(?<=`)[^`]{6,}(?=`)/g),
  );
  expect(cells).toEqual(Object.keys(inequalities));
});

test("each constant of timing.md exists, with the value that is stated there", async () => {
  const wrong: string[] = [];
  for (const { name, stated, file } of rows) {
    const value = (await constantsOf(file)).get(name);
    if (value === undefined) wrong.push(`timing.md has ${name}: ${file} has no such constant`);
    else if (numberOf(value) !== numberOf(stated))
      wrong.push(`timing.md has ${name} = ${stated}: ${file} has ${value}`);
  }
  expect(wrong).toEqual([]);
});

test("timing.md has every constant of the core, its scripts and the adapters", async () => {
  const missing: string[] = [];
  for (const place of ["packages/core/src", "packages/core/lua", "packages/ioredis/src", "packages/node-redis/src"]) {
    const files = await readdir(root + place, { recursive: true });
    for (const file of files.filter((one) => /\.(ts|lua)$/.test(one)).map((one) => `${place}/${one}`)) {
      for (const name of (await constantsOf(file)).keys()) {
        const isThere = rows.some((row) => row.name === name && row.file === file);
        if (!isThere && name !== "ASK_AGAIN" && !file.endsWith("lib/keys.lua")) missing.push(`${name} of ${file}`);
      }
    }
  }
  expect(missing).toEqual([]);
});

/** When a process sends the heartbeats of a key in so many ms without an answer. */
function sentInSilence(ms: number): number[] {
  const sent: number[] = [];
  for (let at = 0; at <= ms; ) {
    sent.push(at);
    at += sent.length < SILENT_BEATS ? HEARTBEAT : Math.max(HEARTBEAT, GROWTH * at);
  }
  return sent;
}

test("an outage of a minute costs five heartbeats of each key, one of an hour eight", async () => {
  expect([sentInSilence(60_000).length, sentInSilence(3_600_000).length]).toEqual([5, 8]);
  const seconds = sentInSilence(3_600_000).map((ms) => (ms / 1_000 > 200 ? Math.round(ms / 1_000) : ms / 1_000));
  expect(page).toContain(`(at ${seconds.map((s) => s.toLocaleString("en")).join(", ")} s)`);
  const [after] = sentInSilence(3_600_000).filter((ms) => ms > 60_000);
  expect(await readFile(`${folder}protocol.md`, "utf8")).toContain(`the next ones of B are due at ${after! / 1_000}\n`);
});

test("pages for users state the claim, the heartbeat and how long the listener stays open", async () => {
  const [waiting, guarantees] = await Promise.all(
    ["waiting.md", "guarantees.md"].map((name) => readFile(`${root}docs/${name}`, "utf8")),
  );
  expect(waiting).toContain(`(the *claim*, ${CLAIM / 1_000} s)`);
  expect(waiting).toContain(`Every ${HEARTBEAT / 1_000} s each process shows`);
  expect(waiting).toContain(`stale ${WINDOW / 1_000} s after its last sign of life`);
  expect(IDLE).toBe(10_000);
  expect(waiting).toContain("closed ten seconds after the last wait");
  expect(guarantees).toContain(`Its lease is ${CLAIM / 1_000} s until Redis has answered`);
});
