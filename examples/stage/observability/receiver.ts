import { fastify } from "fastify";
import { type Span, spansIn, type TracesData } from "./span";

/** A collector that keeps the spans that it receives. */
export interface Receiver extends AsyncDisposable {
  /** Takes OTLP over HTTP, as JSON. */
  readonly tracesUrl: string;
  readonly spans: readonly Span[];
}

/** A batch of spans, with room to spare. */
const BODY_LIMIT = 2 ** 24;

export async function startReceiver(): Promise<Receiver> {
  const spans: Span[] = [];
  // Exporters keep their connections open.
  const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  app.post<{ Body: TracesData }>("/v1/traces", ({ body }) => {
    spans.push(...spansIn(body));
    return {};
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return { tracesUrl: `${url}/v1/traces`, spans, [Symbol.asyncDispose]: () => app.close() };
}
