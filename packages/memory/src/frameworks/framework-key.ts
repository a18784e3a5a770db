import { assertKey } from "@distlock/core";
import { encode } from "./session-key";

/**
 * What is locked for a name that a framework gives: by default `<kind>:{<name>}`, percent-encoded as by `sessionKey`. What is
 * given back throws `TypeError` or `RangeError` for a name that has no key.
 */
export function plugKey(
  kind: string,
  what: string,
  key: (name: string) => string = (name) => `${kind}:{${encode(what, name)}}`,
): (name: string) => string {
  if (typeof key !== "function") throw new TypeError(`key must be a function of the ${what}, got ${typeof key}`);
  return (name) => {
    const found = key(name);
    assertKey(found);
    return found;
  };
}
