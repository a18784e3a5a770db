// Tested by packages/core/test/lua-scripts.test.ts, packages/testing/src/contract
import { CLAIM, WINDOW } from "../driver/times";

/**
 * Writes the times that lua/lib/times.lua names into a script. They are part of its text, because an argument costs each
 * command about 0.1 µs of the server.
 */
export function withTimes(lua: string, fenceTtl: number): string {
  const times = { CLAIM, WINDOW, FENCE_TTL: fenceTtl, QUEUE_TTL: 2 * WINDOW };
  return Object.entries(times).reduce((text, [name, ms]) => text.replaceAll(`<${name}>`, `${ms}`), lua);
}
