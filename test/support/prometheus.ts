import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@distlock/testing";
import type { PrometheusPrograms } from "./prometheus-program";
import { until } from "./until";

/** A series of the reply to a query. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A Prometheus that scrapes some processes. */
export interface Prometheus {
  /** Runs a query for this moment. Rejects with Prometheus' own words if it can't be parsed. */
  query(query: string): Promise<Series[]>;
  /** The rules as Prometheus has read them. */
  rules(): Promise<Rule[]>;
  /** Resolves when all processes were scraped after this call. */
  scraped(): Promise<void>;
  stop(): Promise<void>;
}

/** How often it scrapes. */
const INTERVAL = "200ms";

export interface PrometheusOptions {
  readonly programs: PrometheusPrograms;
  /** The file with the rules that it loads. */
  readonly rules: string;
  /** `host:port` of each process. */
  readonly targets: readonly string[];
}

async function launch({ programs, rules, targets }: PrometheusOptions, folder: string, port: number) {
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: [rules],
    scrape_configs: [{ job_name: "distlock", static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const child = spawn(
    programs.prometheus,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let printed = "";
  const killed = () => void child.kill("SIGKILL");
  process.once("exit", killed);
  child.once("exit", () => process.off("exit", killed));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed = (printed + text).slice(-4_000);
  });
  return { child, printed: () => printed };
}

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "distlock-prometheus-data-"));
  const port = await freePort();
  const { child, printed } = await launch(options, folder, port);
  const at = `http://127.0.0.1:${port}`;
  const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

  async function ask<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${at}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const reply = (await response.json()) as { status: string; error?: string; data: T };
    if (reply.status !== "success") throw new Error(`${parameters.query ?? path}: ${reply.error}`);
    return reply.data;
  }

  const query = async (text: string) => (await ask<{ result: Series[] }>("query", { query: text })).result;

  async function stop(): Promise<void> {
    if (!isOver(child)) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await until(async () => {
      if (isOver(child)) throw new Error(`prometheus ended before it was ready:\n${printed()}`);
      return fetch(`${at}/-/ready`).then(
        async (response) => {
          await response.text();
          return response.ok;
        },
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    query,
    async rules() {
      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>("rules");
      return groups.flatMap(({ rules }) => rules);
    },
    async scraped() {
      const after = Date.now() / 1_000;
      await until(async () => {
        const seen = await query(`up == 1 and timestamp(up) > ${after}`);
        return seen.length === options.targets.length;
      });
    },
    stop,
  };
}
