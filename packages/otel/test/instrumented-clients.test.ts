import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRedis } from "@distlock/testing";
import { afterAll, describe } from "vitest";
import { checkTelemetry, type Telemetry } from "./check-telemetry";

const server = await startRedis();
afterAll(() => server.stop());

const program = fileURLToPath(new URL("./programs/instrumented.cjs", import.meta.url));

async function telemetryOf(client: string): Promise<Telemetry> {
  const env = { ...process.env, REDIS_URL: server.url };
  const { stdout } = await promisify(execFile)(process.execPath, [program, client], { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

describe.each(["ioredis", "node-redis"])("with %s and its own instrumentation", (client) => {
  checkTelemetry(() => telemetryOf(client));
});
