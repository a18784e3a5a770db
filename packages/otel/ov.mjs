import { createLocker, inProcessDriver, observe } from "@distlock/core";
import { instrument } from "@distlock/otel";
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const done = (_, f) => f({ code: 0 });
const exp = { export: done, shutdown: async () => {}, forceFlush: async () => {} };
const tp = () => new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exp)] });
const mp = () =>
  new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: exp, exportIntervalMillis: 1000 })] });
const noopT = { getTracer: () => trace.getTracer("none") };
const noopM = { getMeter: () => metrics.getMeter("none") };
const locker = createLocker(inProcessDriver());
const n = +(process.env.N ?? 20000);
async function cyc() {
  for (let i = 0; i < n; i++) await (await locker.acquire("k")).release();
}
async function run(name, on) {
  const d = on?.();
  await cyc();
  const c0 = process.cpuUsage();
  const t = performance.now();
  await cyc();
  const c = process.cpuUsage(c0);
  console.log(
    name.padEnd(28),
    (((performance.now() - t) / n) * 1000).toFixed(1),
    "µs wall",
    ((c.user + c.system) / n).toFixed(1),
    "µs cpu",
  );
  d?.[Symbol.dispose]();
}
const which = process.argv[2];
const all = {
  off: undefined,
  "empty observer": () => observe({}),
  around: () => observe({ begin() {}, end() {} }),
  "two of them": () => {
    const a = observe({ begin() {}, end() {} }),
      b = observe({ begin() {}, end() {} });
    return {
      [Symbol.dispose]() {
        a[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    };
  },
  "instr noop": () => instrument({ tracerProvider: noopT, meterProvider: noopM }),
  "metrics only": () => instrument({ tracerProvider: noopT, meterProvider: mp() }),
  "spans only": () => instrument({ tracerProvider: tp(), meterProvider: noopM }),
  both: () => instrument({ tracerProvider: tp(), meterProvider: mp() }),
};
for (const [k, v] of Object.entries(all))
  if (!which || which === k) {
    if (k === "instr noop") context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    await run(k, v);
  }
if (which === "both") context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
await run("off again");
process.exit(0);
