import { assertKey } from "@distlock/core/driver";
import { encode } from "../support/session-key";

/**
 * Makes the keys that are locked for the names of a framework: by default `<kind>:{<name>}`, percent-encoded as by
 * `sessionKey`. The function that it returns throws `TypeError` or `RangeError` for a name that has no key.
 */
export function frameworkKey(
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
