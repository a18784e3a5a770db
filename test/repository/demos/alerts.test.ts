import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { findPrometheus } from "../../support/prometheus-program";

const rules = fileURLToPath(new URL("../../../examples/observability/grafana/alerts.yaml", import.meta.url));
const { promtool } = await findPrometheus();
const folder = await mkdtemp(join(tmpdir(), "distlock-alerts-"));

afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => promisify(execFile)(promtool, args);

test("the rules are rules for Prometheus", async () => {
  expect((await run("check", "rules", rules)).stdout).toContain("SUCCESS: 5 rules found");
});

test("each runbook is a section of the page, and each section has an alert", async () => {
  const page = await readFile(new URL("../../../docs/on-call.md", import.meta.url), "utf8");
  const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(/[^\w ]/g, ""));
  const runbooks = [...(await readFile(rules, "utf8")).matchAll(/runbook: docs\/on-call\.md#(.*)$/gm)];
  expect(runbooks.map(([, anchor]) => anchor)).toEqual(sections.slice(1).map((title) => title.replaceAll(" ", "-")));
});

/** Series by their names, each with its value in each minute, in the notation of promtool. */
type Minutes = Readonly<Record<string, string>>;

const granted = 'distlock_acquire_duration_count{distlock_outcome="granted"}';

/** Most calls are granted soon, most extensions are answered soon, and nothing was ever lost. */
const calm: Minutes = {
  'distlock_lease_margin_bucket{le="0.3"}': "0x30",
  'distlock_lease_margin_bucket{le="0.8"}': "0+10x30",
  'distlock_lease_margin_bucket{le="+Inf"}': "0+10x30",
  'distlock_acquire_duration_bucket{le="5"}': "0+60x30",
  'distlock_acquire_duration_bucket{le="10"}': "0+60x30",
  'distlock_acquire_duration_bucket{le="+Inf"}': "0+60x30",
  [granted]: "0+60x30",
  distlock_waiter_count: "2x30",
  distlock_lock_held: "1x30",
};

const lost = 'distlock_lock_lost_total{distlock_lost_reason="expired"}';
const { [granted]: _, ...neverGranted } = calm;

test.each<[situation: string, series: Minutes, minute: number, alert: string | undefined]>([
  ["all is well", calm, 20, undefined],
  [
    "extensions are answered late",
    { ...calm, 'distlock_lease_margin_bucket{le="0.3"}': "0+10x30" },
    20,
    "LocksAreAboutToBeLost",
  ],
  ["a process loses a lock for the first time", { ...calm, [lost]: "_x18 1x12" }, 20, "LockWasLost"],
  ["a process loses one more lock", { ...calm, [lost]: "1x18 2x12" }, 20, "LockWasLost"],
  ["the last loss was long ago", { ...calm, [lost]: "_x2 1x28" }, 20, undefined],
  ["calls wait for long", { ...calm, 'distlock_acquire_duration_bucket{le="5"}': "0x30" }, 20, "CallsWaitForLong"],
  ["no call is granted any more", { ...calm, [granted]: "100x30" }, 20, "WaitersAndNoGrants"],
  ["no call was ever granted", neverGranted, 20, "WaitersAndNoGrants"],
  ["nobody calls", { [granted]: "100x30", distlock_waiter_count: "0x30" }, 20, undefined],
  ["commands fail", { ...calm, 'distlock_command_failures_total{error_type="Error"}': "0+5x30" }, 20, "CommandsFail"],
])("when %s, the right alert fires, and no other", async (situation, series, minute, alert) => {
  const file = join(folder, `${situation.replaceAll(" ", "-")}.yml`);
  const test = {
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: `${minute}m`,
        exp_samples: alert ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
      },
    ],
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests: [test] }));
  expect((await run("test", "rules", file)).stdout).toContain("SUCCESS");
});
