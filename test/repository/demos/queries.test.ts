import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver } from "../../../examples/stage/observability/receiver.ts";
import { startPlayer } from "../../../examples/stage/observability/start-player.ts";
import { startPrometheus } from "../../support/prometheus";
import { findPrometheus } from "../../support/prometheus-program";
import { until } from "../../support/until";

const path = (name: string) => new URL(`../../../${name}`, import.meta.url);

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

const server = await startRedis();
endings.push(() => server.stop());
const redis = new Redis(server.port);
endings.push(() => redis.disconnect());
const receiver = await startReceiver();
endings.push(() => receiver[Symbol.asyncDispose]());

const prefix = `{distlock-demo:${randomUUID()}}`;
const players = await Promise.all(
  ["worker-1", "worker-2"].map(async (worker) => {
    const job = { redisUrl: server.url, prefix, rounds: 10, tracesUrls: [receiver.tracesUrl] };
    const program = path("examples/observability/worker.ts");
    const player = startPlayer(program, { ...job, worker, metricsPort: await freePort() }, () => {});
    endings.push(() => player.stop());
    await player.ready;
    return player;
  }),
);

const prometheus = await startPrometheus({
  programs: await findPrometheus(),
  rules: fileURLToPath(path("examples/observability/grafana/alerts.yaml")),
  targets: players.map(({ metricsUrl }) => new URL(metricsUrl).host),
});
endings.push(() => prometheus.stop());

const failures = async (): Promise<number> =>
  Number((await prometheus.query("sum(distlock_command_failures_total)"))[0]?.value[1] ?? 0);

/** The load of the demo, by a user that may not run scripts at first: commands fail. */
async function play(): Promise<void> {
  const before = await failures();
  await redis.call("ACL", "SETUSER", "default", "-evalsha", "-eval");
  const refused = Promise.all(players.map((player) => player.play()));
  await until(async () => (await failures()) > before);
  await redis.call("ACL", "SETUSER", "default", "+@all");
  await refused;
  await Promise.all(players.map((player) => player.play()));
  await prometheus.scraped();
}

beforeAll(async () => {
  await prometheus.scraped();
  // The rate of a series is known from its second value on.
  await play();
  await play();
});

const dashboard = JSON.parse(await readFile(path("examples/observability/grafana/dashboard.json"), "utf8"));
interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const panels = dashboard.panels as readonly Panel[];
const targets = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));

const page = await readFile(path("docs/on-call.md"), "utf8");
const table = [...page.matchAll(/^\| [^|]+ \| `(.+)` \| \[.*\]\(#(.*)\) \|$/gm)].map(([, query, section]) => ({
  query: query!,
  section: section!,
}));
const rules = await prometheus.rules();

/** The query as Prometheus writes it. */
const written = (query: string): string => query.replaceAll(/\s/g, "");

test("the alerts are the table of the page, in its order, each with its section as the runbook", () => {
  expect(table).toHaveLength(5);
  expect(rules.map(({ query, annotations }) => [written(query), annotations.runbook])).toEqual(
    table.map(({ query, section }) => [written(query), `docs/on-call.md#${section}`]),
  );
});

/** Grafana puts the time between two points in place of its variable. */
const asked = (query: string): string => query.replaceAll("$__rate_interval", "5m");

describe("the dashboard", () => {
  test("has all panels", () => {
    expect(panels.map(({ title }) => title)).toEqual([
      "Lease margin, p5",
      "Held and waiting",
      "Acquire duration, p50",
      "Acquire duration, p99",
      "Hold duration",
      "Calls",
      "Lost locks",
      "Failed commands",
    ]);
  });

  test.each(targets)(
    "$title ($legendFormat) has series, with the label of its legend",
    async ({ expr, legendFormat }) => {
      const series = await prometheus.query(asked(expr));
      expect(series.length).toBeGreaterThan(0);
      const label = /^\{\{(\w+)\}\}$/.exec(legendFormat)?.[1];
      for (const { metric, value } of series) {
        expect(Object.keys(metric)).toEqual(label ? [label] : []);
        expect(Number(value[1])).not.toBeNaN();
      }
    },
  );
});

/** The metrics that a query reads, each with its labels as the query has them. */
const selectors = (query: string): string[] => [
  ...new Set(query.match(/\bdistlock_\w+_(?:bucket|count|total)\b(?:\{[^}]*\})?/g)),
];

test.each(table)(
  "the alert of the section $section reads metrics that are there, by labels that they have",
  async ({ query }) => {
    await expect(prometheus.query(query)).resolves.toBeDefined();
    expect(selectors(query).length).toBeGreaterThan(0);
    const by = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(/,\s*/));
    for (const selector of selectors(query)) {
      const series = await prometheus.query(selector);
      expect(series.length).toBeGreaterThan(0);
      for (const { metric } of series) expect(Object.keys(metric)).toEqual(expect.arrayContaining(by));
    }
  },
);

test("the alerts of the outage and of the lost locks fire", async () => {
  for (const { query, section } of table.filter(({ section }) => /lost|fail/.test(section))) {
    expect([section, (await prometheus.query(query)).length > 0]).toEqual([section, true]);
  }
});
