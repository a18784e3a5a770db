import { instrument, maskedKey } from "@distlock/otel";
import { metrics } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

export interface TelemetryOptions {
  /** The name of the service in traces. */
  readonly service: string;
  /** The collectors that receive the spans, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly tracesUrls: readonly string[];
  /** Prometheus scrapes `/metrics` on this port. */
  readonly metricsPort: number;
}

export interface Telemetry {
  /** Sends the spans that have ended and were not sent yet. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Switches OpenTelemetry on for this process, and for all its lockers. Call it once, before the first lock. */
export async function startTelemetry({ service, tracesUrls, metricsPort }: TelemetryOptions): Promise<Telemetry> {
  const resource = resourceFromAttributes({ "service.name": service });

  const spanProcessors = tracesUrls.map((url) => new BatchSpanProcessor(new OTLPTraceExporter({ url })));
  const tracerProvider = new NodeTracerProvider({ resource, spanProcessors });
  // Registers the context manager too: without it no span has a parent.
  tracerProvider.register();

  // In a container, leave the host out: Prometheus comes from elsewhere.
  const exporter = new PrometheusExporter({ host: "127.0.0.1", port: metricsPort, preventServerStart: true });
  const meterProvider = new MeterProvider({ resource, readers: [exporter] });
  metrics.setGlobalMeterProvider(meterProvider);
  await exporter.startServer();

  // After the providers are registered. The key template keeps ids out of metrics.
  instrument({ keyTemplate: maskedKey });

  return {
    flush: () => tracerProvider.forceFlush(),
    async shutdown() {
      await tracerProvider.shutdown();
      await meterProvider.shutdown();
    },
  };
}
