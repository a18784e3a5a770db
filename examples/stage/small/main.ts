import { startRedis, startWorker } from "@distlock/testing";
import { runProgram } from "../run-program";
import { parseOptions } from "./options";

const { example } = parseOptions(process.argv.slice(2));

await runProgram(async (signal) => {
  const redis = await startRedis();
  try {
    signal.throwIfAborted();
    const child = startWorker(new URL(`../../small/${example}.ts`, import.meta.url), {
      execArgv: ["--import", "tsx", "--no-warnings"],
      env: { REDIS_URL: redis.url },
    });
    signal.addEventListener("abort", () => child.signal("SIGKILL"));
    const end = await child.ended;
    signal.throwIfAborted();
    return end === 0;
  } finally {
    await redis.stop();
  }
});
