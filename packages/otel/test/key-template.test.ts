import { maskedKey } from "@distlock/otel";
import { expect, test } from "vitest";
import { boundedTemplate } from "../src/key-template";

test.for([
  ["order:4711", "order:*"],
  ["order:{4711}:lines", "order:{*}:lines"],
  ["user/ada@example.org/cart", "user/*/cart"],
  ["job:3f2504e0-4f89-11d3-9a0c-0305e82c3301", "job:*"],
  ["job:01ARZ3NDEKTSV4RRFFQ69G5FAV", "job:*"],
  ["blob|9f86d081884c7d65", "blob|*"],
  ["cafe:decade:report", "cafe:decade:report"],
  ["nightly", "nightly"],
])("maskedKey(%j) is %j", ([key, masked]) => {
  expect(maskedKey(key!)).toBe(masked);
});

test("there are at most 100 values; further ones, and keys for which the template throws, are _other", () => {
  const template = boundedTemplate((key) => {
    if (key === "bad") throw new Error("mine");
    return key;
  });
  expect(template("bad")).toBe("_other");
  for (let i = 0; i < 99; i++) expect(template(`k${i}`)).toBe(`k${i}`);
  expect(template("one more")).toBe("_other");
  expect(template("k98")).toBe("k98");
});

test("keys of the adapters have templates of their own", () => {
  const template = boundedTemplate(() => undefined);
  expect(["memory:{a%:b}", "mastra:thread:{x}", "mastra:lease:{x}", "chat:{x}", "else"].map(template)).toEqual([
    "memory:{*}",
    "mastra:thread:{*}",
    "mastra:lease:{*}",
    "chat:{*}",
    "_other",
  ]);
});
