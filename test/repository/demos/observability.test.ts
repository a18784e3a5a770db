import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { noCounts } from "../../../examples/stage/observability/counts.ts";
import { findHandOver } from "../../../examples/stage/observability/hand-over.ts";
import { judge } from "../../../examples/stage/observability/judge.ts";
import { startReceiver } from "../../../examples/stage/observability/receiver.ts";
import { readScrape } from "../../../examples/stage/observability/scrape.ts";
import type { Span } from "../../../examples/stage/observability/span.ts";
import { agrees, tallyOf } from "../../../examples/stage/observability/tally.ts";
import { demoOf } from "./run-demo";

const demo = await demoOf("observability");

afterAll(() => demo.remove());

/** The numbers of a row of the table: of the workers, of both, and as the workers counted. */
const row = (stdout: string, name: string): (number | undefined)[] => {
  const line = stdout.split("\n").find((text) => text.startsWith(`│ ${name} `)) ?? "";
  return line
    .split("│")
    .slice(2, -1)
    .map((cell) => (cell.trim() === "–" ? undefined : Number(cell)));
};

/** The random parts of all tokens that the server receives from now on. */
async function tokensOf(client: Redis): Promise<ReadonlySet<string>> {
  const tokens = new Set<string>();
  const monitor = await client.monitor();
  monitor.on("monitor", (_: string, [command = "", , keys = "0", ...args]: string[]) => {
    if (command.toLowerCase() !== "evalsha") return;
    for (const arg of args.slice(Number(keys))) {
      const [random] = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/.exec(arg) ?? [];
      if (random) tokens.add(random);
    }
  });
  client.once("close", () => monitor.disconnect());
  return tokens;
}

const verdict = /^The metrics and the spans say what the workers counted themselves, /;

describe("the demo", () => {
  test("shows a hand-over, a picture and true numbers, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await demo.run(["--calls", "10"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^the load: \d+ of 126 calls made$/m);
    const [, from, to] = /^One hand-over of \w+, from (worker-\d) to (worker-\d):$/m.exec(stdout)!;
    expect(from).not.toBe(to);
    const trees = stdout.slice(stdout.indexOf("One hand-over"), stdout.indexOf("┌"));
    const spans = [...trees.matchAll(/^[\s│└├─┬]*(request|distlock\.\w+|work) {2}at /gm)].map(([, name]) => name);
    const request = ["request", "distlock.withLock", "distlock.acquire", "distlock.hold", "work", "distlock.release"];
    expect(spans).toEqual([...request, ...request]);
    expect(trees.match(/handed_over=true/g)!.length).toBeGreaterThan(0);
    for (const name of ["granted", "  handed over", "busy", "timeout", "failed", "lost"]) {
      const [first, second, both, counted] = row(stdout, name);
      expect([name, first! + second!, counted]).toEqual([name, both, both]);
    }
    expect(row(stdout, "granted")[2]).toBeGreaterThan(40);
    expect(row(stdout, "failed")).toEqual([1, 1, 2, 2]);
    expect(row(stdout, "lost")[2]).toBeGreaterThanOrEqual(2);
    expect(row(stdout, "held now")).toEqual([0, 0, 0, 0]);
    expect(row(stdout, "waiting now")).toEqual([0, 0, 0, 0]);
    const svg = /^picture: (.*)$/m.exec(stdout)![1]!;
    expect(svg).toBe(join(demo.folder, "distlock-observability.svg"));
    const picture = await readFile(svg, "utf8");
    for (const text of ["<svg", "worker-2 import, loses", "holds, loses", "waits, is handed over"])
      expect(picture).toContain(text);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(verdict);
    await demo.expectNothingLeft(stdout);
  });

  test("plays on a given Redis, deletes its keys, and sends the spans to a collector, too", async () => {
    const server = await startRedis();
    const client = new Redis(server.port);
    await using collector = await startReceiver();
    try {
      await client.set("mine", "precious");
      const tokens = await tokensOf(client);
      const svg = join(demo.folder, "own.svg");
      const { origin } = new URL(collector.tracesUrl);
      const args = ["--redis-url", server.url, "--calls", "10", "--svg", svg, "--otlp", origin];
      const { code, stdout, stderr } = await demo.run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(tokens.size).toBeGreaterThan(100);
      const told = `${stdout} ${JSON.stringify(collector.spans)}`;
      expect([...tokens].filter((token) => told.includes(token))).toEqual([]);
      expect(await client.keys("*")).toEqual(["mine"]);
      expect((await stat(svg)).isFile()).toBe(true);
      expect(new Set(collector.spans.map(({ worker }) => worker))).toEqual(new Set(["worker-1", "worker-2"]));
      expect(collector.spans.filter(({ name }) => name === "request")).toHaveLength(126);
    } finally {
      client.disconnect();
      await server.stop();
    }
  });

  test("ends on Ctrl-C and leaves nothing behind", async () => {
    let sent = false;
    const { code, stdout, stderr } = await demo.run(["--calls", "300"], (text, child) => {
      if (!sent && text.includes("the load: ")) sent = child.kill("SIGINT");
    });
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    await demo.expectNothingLeft(stdout);
  });

  test("explains its options", async () => {
    const { code, stdout } = await demo.run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--redis-url <url>.*--calls <n>.*--svg <file>.*--otlp <url>.*--help/s);
  });

  test.each([
    [["--bogus"], /^error: unknown option '--bogus'\n$/],
    [["--calls", "many"], /^error: option '--calls <n>' argument 'many' is invalid\. It must be an integer .*\n$/],
    [["--otlp", "localhost"], /^error: option '--otlp <url>' argument 'localhost' is invalid\. It must be a URL .*\n$/],
    [["--svg", "no/such/folder/a.svg"], /^error: option '--svg <file>' argument .* Its folder does not exist\.\n$/],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await demo.run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
  });

  test("says in one sentence that a collector can't be reached", async () => {
    const port = await freePort();
    const { code, stderr } = await demo.run(["--otlp", `http://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^the collector at 127\\.0\\.0\\.1:${port} can't be used, see --otlp: .*\n$`));
  });
});

test("says in one sentence that a collector refuses spans", async () => {
  let requests = 0;
  // The demo looks at first whether the collector answers.
  const collector = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(requests++ === 0 ? 200 : 400).end("{}"));
  }).listen(0, "127.0.0.1");
  try {
    await once(collector, "listening");
    const { port } = collector.address() as AddressInfo;
    const { code, stderr } = await demo.run(["--calls", "10", "--otlp", `http://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^worker-\d failed: its spans could not be sent: .+\n$/);
  } finally {
    collector.closeAllConnections();
    collector.close();
  }
});

/** Two calls that were granted, one lost lock, and nothing held. */
const scraped = `# HELP distlock_acquire_duration From the call for a lock to its outcome.
distlock_acquire_duration_count{distlock_outcome="granted",distlock_wait_mode="queue",distlock_handed_over="true",otel_scope_name="a"} 1
distlock_acquire_duration_count{distlock_outcome="granted",distlock_wait_mode="once",otel_scope_name="a \\"b\\", c"} 1
distlock_lock_lost_total{distlock_lost_reason="expired"} 1
distlock_lock_held 0 1700000000000
`;

const span = (worker: string, name: string, fence: number, more: Partial<Span> = {}): Span => {
  const attributes = { "distlock.lock.key": "a", "distlock.fence": fence, ...more.attributes };
  return {
    worker,
    name,
    trace: `${fence}`,
    id: name,
    parent: "b",
    from: 0,
    to: fence,
    lost: undefined,
    ...more,
    attributes,
  };
};
const hand = (worker: string, fence: number, ahead: number) =>
  span(worker, "distlock.acquire", fence, {
    attributes: { "distlock.handed_over": true, "distlock.wait.ahead": ahead },
  });

const spans = [
  span("worker-1", "distlock.hold", 10),
  span("worker-2", "distlock.hold", 12),
  span("worker-1", "distlock.hold", 15),
  hand("worker-2", 12, 3),
  hand("worker-1", 15, 1),
];

describe("the verdict on telemetry", () => {
  const tally = (text: string, counts = { granted: 2, lost: 1, "handed over": 1 }) =>
    tallyOf([{ worker: "worker-1", scrape: readScrape(text), counts: { ...noCounts(), ...counts } }]);

  test("is good where metrics, spans and workers agree", () => {
    expect(tally(scraped).filter((row) => !agrees(row))).toEqual([]);
    expect(tally(scraped)).toContainEqual({ what: "  expired", measured: [1] });
    expect(judge(tally(scraped), findHandOver(spans))).toEqual({
      good: true,
      sentence: expect.stringMatching(verdict),
    });
  });

  test.each([
    [
      "a grant is missing",
      scraped,
      { granted: 3, lost: 1, "handed over": 1 },
      /^Telemetry is wrong: "granted" is 2, and should be 3\.$/,
    ],
    [
      "a loss is missing",
      scraped,
      { granted: 2, lost: 2, "handed over": 1 },
      /^Telemetry is wrong: "lost" is 1, and should be 2\.$/,
    ],
    [
      "a lock is held",
      scraped.replace("held 0", "held 1"),
      undefined,
      /^Telemetry is wrong: "held now" is 1, and should be 0\.$/,
    ],
  ])("is bad where %s", (_, text, counts, sentence) => {
    expect(judge(tally(text, counts), findHandOver(spans))).toEqual({
      good: false,
      sentence: expect.stringMatching(sentence),
    });
  });

  test("is bad where no lock was passed on between the workers", () => {
    expect(judge(tally(scraped), undefined)).toEqual({
      good: false,
      sentence: expect.stringMatching(/^This shows too little/),
    });
  });
});

test("the hand-over that is shown is between two workers, with the last hold before it", () => {
  expect(findHandOver(spans)).toEqual({ acquire: spans[4], hold: spans[1] });
  expect(findHandOver(spans.map((each) => ({ ...each, worker: "worker-1" })))).toBeUndefined();
});
