import { afterAll, afterEach, expect } from "vitest";

/** Fails each test of the file after which a rejection is left unhandled. */
export function refuseUnhandledRejections(): void {
  const reasons: unknown[] = [];
  const onRejection = (reason: unknown) => reasons.push(reason);
  process.on("unhandledRejection", onRejection);
  afterEach(async () => {
    await new Promise(setImmediate);
    expect(reasons.splice(0)).toEqual([]);
  });
  afterAll(() => {
    process.off("unhandledRejection", onRejection);
  });
}
