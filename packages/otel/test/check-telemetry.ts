import { beforeAll, expect, test } from "vitest";
import { attributeTypes, metrics as metricsOfPage, spanNames, typeOf } from "./schema";

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly scope: string;
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes?: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code: number };
}

/** What the program "instrumented.cjs" prints. */
export interface Telemetry {
  readonly spans: readonly Span[];
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: string;
    readonly type: string;
    readonly points: readonly { readonly attributes: Readonly<Record<string, unknown>>; readonly value: number }[];
  }[];
  readonly tokens: readonly string[];
}

const KINDS: Readonly<Record<string, string>> = {
  HISTOGRAM: "histogram",
  COUNTER: "counter",
  UP_DOWN_COUNTER: "up-down counter",
};

/** Tests of spans and metrics that a real SDK made with instrumented clients. */
export function checkTelemetry(load: () => Promise<Telemetry>): void {
  let all: Telemetry;
  let own: readonly Span[];
  let commands: readonly Span[];
  beforeAll(async () => {
    all = await load();
    own = all.spans.filter(({ scope }) => scope === "@distlock/otel");
    commands = all.spans.filter(({ scope }) => scope.includes("redis") && scope !== "@distlock/otel");
  }, 60_000);

  test("the spans are the spans of the page, and each attribute has its type", () => {
    expect(new Set(own.map(({ name }) => name))).toEqual(new Set(spanNames.filter((name) => name !== "distlock.turn")));
    for (const { kind, attributes, events } of own) {
      expect(kind).toBe(0);
      const given = [
        attributes,
        ...events.filter(({ name }) => name === "distlock.lost").map((each) => each.attributes),
      ];
      for (const [name, value] of given.flatMap((each) => Object.entries(each ?? {}))) {
        expect([name, typeOf(value)]).toEqual([name, attributeTypes.get(name)]);
      }
    }
  });

  test("a command is a child of the call that sent it, and what the locker does by itself has no span", () => {
    expect(commands.length).toBeGreaterThan(0);
    const parents = commands.map(({ parent }) => all.spans.find(({ id }) => id === parent)?.name);
    const calls = ["acquire", "release", "extend", "force_release", "once"].map((name) => `distlock.${name}`);
    calls.push("request inspect"); // which has no span of its own
    for (const [i, parent] of parents.entries()) expect(calls, commands[i]!.name).toContain(parent);
    // So none of its children is a heartbeat, or what undoes it.
    for (const { id, name, attributes } of own) {
      const sent = commands.filter(({ parent }) => parent === id).length;
      const keys = (attributes["distlock.lock.keys"] as readonly string[] | undefined)?.length ?? 1;
      expect(sent, name).toBeLessThanOrEqual(keys * ((attributes["distlock.attempts"] as number | undefined) ?? 1));
    }
  });

  test("the trace of a request has no key of another request", () => {
    for (const [mine, others] of [
      ["4711", "4712"],
      ["4712", "4711"],
    ] as const) {
      const root = all.spans.find(({ name }) => name === `request ${mine}`)!;
      const spans = all.spans.filter(({ trace }) => trace === root.trace);
      expect(JSON.stringify(spans)).toContain(mine);
      expect(JSON.stringify(spans)).not.toContain(others);
    }
  });

  test("the metrics are the metrics of the page, with its units and no other attributes", () => {
    for (const { name, unit, type, points } of all.metrics) {
      const page = metricsOfPage.get(name);
      expect([name, unit, KINDS[type]]).toEqual([name, page?.unit, page?.kind]);
      for (const { attributes } of points) {
        for (const each of Object.keys(attributes)) {
          expect([...page!.attributes, "distlock.lock.key_template"]).toContain(each);
        }
        if (name !== "distlock.command.failures")
          expect(attributes["distlock.lock.key_template"]).toMatch(/^(order:\{\*\}|scripts)$/);
      }
    }
    const names = all.metrics.filter(({ points }) => points.length > 0).map(({ name }) => name);
    const never = ["distlock.command.failures"];
    expect(names.sort()).toEqual([...metricsOfPage.keys()].filter((name) => !never.includes(name)).sort());
    const now = (name: string) => all.metrics.find((each) => each.name === name)!.points.map(({ value }) => value);
    expect(new Set([...now("distlock.lock.held"), ...now("distlock.waiter.count")])).toEqual(new Set([0]));
  });

  test("no token is in any of it", () => {
    expect(all.tokens.length).toBeGreaterThan(4);
    const text = JSON.stringify({ spans: all.spans, metrics: all.metrics });
    for (const token of all.tokens) expect(text).not.toContain(token);
  });
}
