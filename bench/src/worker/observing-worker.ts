import { createLocker, type Locker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { instrument } from "@distlock/otel";
import { context, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { connectIoredis, connectNodeRedis } from "../contestants/connect";
import { TTL } from "../contestants/contestant";
import { monotonic } from "./monotonic";

/** The work of a worker, and whether telemetry records it. */
export interface ObservingPost {
  readonly client: "ioredis" | "node-redis";
  readonly port: number;
  /** Whether the program traces its requests: each cycle is then made in the context of a span. */
  readonly traces: boolean;
  /** Whether spans and metrics are made of the locks, too. */
  readonly telemetry: boolean;
}

export interface ObservingOrder {
  readonly parallel: number;
  readonly each: number;
}

const { client, port, traces, telemetry }: ObservingPost = JSON.parse(process.argv[2]!);

/** The exporters drop all spans and metrics: the bench measures how they are made, and their way to an exporter. */
function switchOn(): Tracer {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const done = (_: unknown, onDone: (result: { code: number }) => void) => onDone({ code: 0 });
  const spans = { export: done, shutdown: async () => {}, forceFlush: async () => {} };
  const metrics = { export: done, shutdown: async () => {}, forceFlush: async () => {} };
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spans)] });
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1_000 })],
  });
  if (telemetry) instrument({ tracerProvider, meterProvider });
  return tracerProvider.getTracer("requests");
}

const open = {
  ioredis: async () => ioredisDriver(await connectIoredis(port)),
  "node-redis": async () => nodeRedisDriver(await connectNodeRedis(port)),
};

let locker: Locker;

const tracer = traces ? switchOn() : undefined;

async function once(key: string): Promise<void> {
  await (await locker.acquire(key)).release();
}

const inRequest = (tracing: Tracer, key: string): Promise<void> =>
  tracing.startActiveSpan("request", async (span) => {
    await once(key);
    span.end();
  });

async function repeat(key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (tracer ? inRequest(tracer, key) : once(key));
}

/** Returns ms. */
async function cycle({ parallel, each }: ObservingOrder): Promise<number> {
  const start = monotonic();
  await Promise.all(Array.from({ length: parallel }, (_, i) => repeat(`cycle:${process.pid}:${i}`, each)));
  return monotonic() - start;
}

locker = createLocker(await open[client](), { ttl: TTL });
process.on("message", (order: ObservingOrder) => void cycle(order).then((ms) => process.send?.(ms)));
process.on("disconnect", () => process.exit());
process.send?.("ready");
