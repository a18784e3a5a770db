import { describe, expect, test } from "vitest";
import { assertKey, assertKeyPrefix, companions, hashed } from "../src/driver/keys";

describe("companions keys", () => {
  test.each([
    ["", "memory:s1", "{memory:s1}~queue1"],
    ["", "{session-123}:lock", "{session-123}:lock:queue1"],
    ["", "a{b", "{a{b}~queue1"],
    ["app:", "memory:s1", "{app:memory:s1}~queue1"],
    ["app:", "{s}", "{s}:queue1"],
    ["{app}:", "s1", "{{app}:s1}~queue1"],
    ["{app}:", "{s1}", "{s1}:queue1"],
  ])("under the prefix %o, %o has %o", (prefix, key, name) => {
    expect(`${companions(prefix, key)}queue1`).toBe(name);
    expect(hashed(prefix + name)).toBe(hashed(prefix + key));
  });

  test("the locks a and {a} share no companion", () => {
    expect(companions("", "a")).not.toBe(companions("", "{a}"));
  });
});

describe("keys", () => {
  test.each([
    "k",
    "{a}",
    "{a}b}",
    "a{b",
    "a{b}c{}",
    "{{a}",
    "x:queue1",
    "~queue1",
    "a:fence",
    "{a}~deadline",
    "{a}:fences",
    " ",
    "\0",
  ])("%o is one", (key) => {
    expect(() => assertKey(key)).not.toThrow();
  });

  test.each(["", "}", "{}", "{}a", "a}", "x{}y{z}", "\udc00", "{a}~queue1", "{a}x:fence", "{a}x:queue1"])(
    "%o is not a key",
    (key) => {
      expect(() => assertKey(key)).toThrow(/^key /);
    },
  );

  test.each(["", "app:", "{app}:", "a{b}c}"])("the client's prefix %o is served", (prefix) => {
    expect(() => assertKeyPrefix(prefix)).not.toThrow();
  });

  test.each(["{", "a}", "{}", "a{b"])("the client's prefix %o is refused", (prefix) => {
    expect(() => assertKeyPrefix(prefix)).toThrow(/^the client's keyPrefix/);
  });
});
