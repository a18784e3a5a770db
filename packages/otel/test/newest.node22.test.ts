import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRedis } from "@distlock/testing";
import { afterAll, describe } from "vitest";
import { pack, run } from "../../../test/repository/tarballs";
import { checkTelemetry, type Telemetry } from "./check-telemetry";

/** The newest API and SDK, which need Node 22, in an application that installs the packages. */
const dependencies = {
  "@opentelemetry/api": "1.10.0",
  "@opentelemetry/context-async-hooks": "3.1.1",
  "@opentelemetry/instrumentation": "0.301.1",
  "@opentelemetry/instrumentation-ioredis": "0.72.0",
  "@opentelemetry/instrumentation-redis": "0.72.0",
  "@opentelemetry/sdk-metrics": "3.1.1",
  "@opentelemetry/sdk-trace": "3.1.1",
  ioredis: "6.0.0",
  redis: "6.3.1",
};

const env = { ...process.env, npm_config_audit: "false", npm_config_fund: "false", npm_config_prefer_offline: "true" };
const folder = await mkdtemp(join(tmpdir(), "distlock-otel-"));
const server = await startRedis();
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function install(): Promise<void> {
  const packed = (await pack(folder)).filter(({ name }) => /\/(core|ioredis|node-redis|otel)$/.test(name));
  const files = packed.map(({ name, filename }) => [name, `file:${filename}`]);
  const all = { ...dependencies, ...Object.fromEntries(files) };
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: all, overrides: all }));
  await run(folder, "npm", ["install"], env);
  await copyFile(fileURLToPath(new URL("./programs/instrumented.cjs", import.meta.url)), join(folder, "program.cjs"));
}

const installed = install();

async function telemetryOf(client: string): Promise<Telemetry> {
  await installed;
  const { stdout } = await promisify(execFile)(process.execPath, ["program.cjs", client], {
    cwd: folder,
    env: { ...env, REDIS_URL: server.url, SDK_TRACE: "@opentelemetry/sdk-trace" },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}

describe.each(["ioredis", "node-redis"])("with %s, on the newest SDK", (client) => {
  checkTelemetry(() => telemetryOf(client));
});
