// Runs locks on the server at REDIS_URL with an instrumented client, and prints the spans and metrics that come of it, as JSON.
// Arguments: "ioredis" or "node-redis".
const { context, trace } = require("@opentelemetry/api");
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { IORedisInstrumentation } = require("@opentelemetry/instrumentation-ioredis");
const { RedisInstrumentation } = require("@opentelemetry/instrumentation-redis");
const { MeterProvider, MetricReader } = require("@opentelemetry/sdk-metrics");
const sdk = require(process.env.SDK_TRACE ?? "@opentelemetry/sdk-trace-base");

const exporter = new sdk.InMemorySpanExporter();
// SDK 2, and SDK 3.
const tracerProvider = sdk.BasicTracerProvider
  ? new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] })
  : new sdk.TracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor({ exporter })] });
const contextOf = (span) => (typeof span.spanContext === "function" ? span.spanContext() : span.spanContext);
class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}
const reader = new Reader();
const meterProvider = new MeterProvider({ readers: [reader] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
// Their default writes all arguments of a command, and with them tokens.
const dbStatementSerializer = (command, args) => `${command} ${args.slice(2, 2 + Number(args[1])).join(" ")}`;
registerInstrumentations({
  instrumentations: [
    new IORedisInstrumentation({ dbStatementSerializer }),
    new RedisInstrumentation({ dbStatementSerializer }),
  ],
  tracerProvider,
});

const { createLocker } = require("@distlock/core");
const { instrument, maskedKey } = require("@distlock/otel");

const url = process.env.REDIS_URL;
const open = {
  async ioredis() {
    const { Redis } = require("ioredis");
    const { ioredisDriver } = require("@distlock/ioredis");
    const client = new Redis(url);
    await client.ping();
    return { driver: ioredisDriver(client), close: () => client.disconnect() };
  },
  async "node-redis"() {
    const { createClient } = require(process.env.NODE_REDIS ?? "redis");
    const { nodeRedisDriver } = require("@distlock/node-redis");
    const client = await createClient({ url }).connect();
    return { driver: nodeRedisDriver(client), close: () => client.destroy() };
  },
};

const tracer = tracerProvider.getTracer("test");
const tokens = [];
const inRequest = (name, work) =>
  tracer.startActiveSpan(`request ${name}`, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

/** Work of two requests at the same time, each with a key of its own, and all that a locker does by itself. */
async function load(driver) {
  const locker = createLocker(driver, { label: "api-1", ttl: 300 });
  const other = createLocker(driver, { ttl: 300 });
  const request = (name) =>
    inRequest(name, async () => {
      const key = `order:{${name}}`;
      await locker.withLock(key, async (lock) => {
        tokens.push(lock.token);
        const waiting = other.acquire(key, { timeout: 10_000 });
        await locker.tryAcquire(key);
        await lock.extend(400);
        void waiting.then((next) => {
          tokens.push(next.token);
          return next.release();
        });
      });
    });
  await Promise.all([request("4711"), request("4712")]);
  await inRequest("4713", async () => {
    // Alone, so that a command that belongs to no caller is not a command of several callers as well.
    await locker.withLock("order:{4713}", async () => {
      await other.acquire("order:{4713}", { signal: AbortSignal.timeout(50) }).catch(() => {});
      await other.acquire("order:{4713}", { timeout: 2_000 }).catch(() => {}); // longer than between two heartbeats
    });
    const lock = await locker.acquire(["order:{1}", "order:{2}"]);
    tokens.push(lock.token);
    await lock.release();
    const forced = await locker.acquire("order:{4713}");
    tokens.push(forced.token);
    await locker.forceRelease("order:{4713}");
    await forced.release().catch(() => {});
    await locker.once("order:{5}", { per: 1_000 }, (lock) => void tokens.push(lock.token));
  });
  await inRequest("inspect", async () => {
    for (const key of ["order:{4711}", "order:{4712}"]) {
      while ((await other.inspect(key)).held) await new Promise(setImmediate);
    }
  });
  await locker.close();
  await other.close();
}

async function main() {
  const { driver, close } = await open[process.argv[2]]();
  const instrumented = instrument({ tracerProvider, meterProvider, keyTemplate: maskedKey, spans: { extend: true } });
  const loaded = createLocker(driver);
  // Loads the scripts.
  await loaded.withLock("scripts", (lock) => lock.extend());
  await loaded.once("scripts", { per: 1_000 }, () => {});
  await loaded.close();
  exporter.reset();
  await load(driver);
  const spans = exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    kind: span.kind,
    scope: span.instrumentationScope.name,
    trace: contextOf(span).traceId,
    id: contextOf(span).spanId,
    parent: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    events: span.events.map(({ name, attributes }) => ({ name, attributes })),
    status: span.status,
  }));
  const { resourceMetrics } = await reader.collect();
  const metrics = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      type: descriptor.type,
      points: dataPoints.map(({ attributes, value }) => ({ attributes, value: value.count ?? value })),
    })),
  );
  instrumented[Symbol.dispose]();
  close();
  process.stdout.write(JSON.stringify({ spans, metrics, tokens }));
}

void main();
