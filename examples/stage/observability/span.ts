/** A span as a worker has sent it. */
export interface Span {
  /** The worker, which is the service that made the span. */
  readonly worker: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly name: string;
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, Value>>;
  /** The reason of an event `distlock.lost`. */
  readonly lost: string | undefined;
}

type Value = string | number | boolean | undefined;

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number; readonly boolValue?: boolean };
}

/** As much of the JSON of OTLP as is read. */
export interface TracesData {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly {
      readonly spans?: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes?: readonly Attribute[];
        readonly events?: readonly { readonly name: string; readonly attributes?: readonly Attribute[] }[];
      }[];
    }[];
  }[];
}

const readValue = ({ stringValue, intValue, boolValue }: Attribute["value"]): Value =>
  stringValue ?? boolValue ?? (intValue === undefined ? undefined : Number(intValue));

const recordOf = (attributes: readonly Attribute[] = []): Record<string, Value> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));

const milliseconds = (nanoseconds: string): number => Number(nanoseconds) / 1e6;

/** The spans of a request to a collector. */
export function* spansIn({ resourceSpans = [] }: TracesData): Generator<Span> {
  for (const { resource, scopeSpans = [] } of resourceSpans) {
    const worker = String(recordOf(resource?.attributes)["service.name"]);
    for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
      const { name, traceId, spanId, parentSpanId, attributes, events = [] } = span;
      const lost = events.find((event) => event.name === "distlock.lost");
      yield {
        worker,
        trace: traceId,
        id: spanId,
        parent: parentSpanId || undefined,
        name,
        from: milliseconds(span.startTimeUnixNano),
        to: milliseconds(span.endTimeUnixNano),
        attributes: recordOf(attributes),
        lost: lost && String(recordOf(lost.attributes)["distlock.lost.reason"]),
      };
    }
  }
}
