/** Throws `TypeError` for bytes, which JSON would turn into another value. */
function noBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const given = this[name]; // before its toJSON
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) throw new TypeError(`${name || "it"} has bytes`);
  return value;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object that JSON text holds. Throws `SyntaxError` or `TypeError` if it holds none. */
export function decodeObject(json: string): object {
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) throw new TypeError("it is not an object");
  return value;
}

/** An object as JSON text. Throws `TypeError`, which calls it `what`, for a value that is not an object, or that JSON can't write. */
export function encodeObject(what: string, kind: string, value: unknown): string {
  if (!isObject(value)) throw new TypeError(`${what} must be ${kind}: an object`);
  try {
    const json = JSON.stringify(value, noBytes);
    // As it will be read: a toJSON may have changed it.
    decodeObject(json);
    return json;
  } catch (cause) {
    throw new TypeError(`${what} must be safe to write as JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Encodes at least `least` objects, in their order. Throws `TypeError` for fewer as well. */
export function encodeObjects(what: string, kind: string, values: unknown, least: 0 | 1): string[] {
  if (!Array.isArray(values) || values.length < least) {
    throw new TypeError(`${what} must be an array of ${least} or more`);
  }
  return values.map((value, i) => encodeObject(`${what}[${i}]`, kind, value));
}

/** The object in a JSON text, or `undefined` for a text that holds none. */
export function tryDecode(json: string): object | undefined {
  try {
    return decodeObject(json);
  } catch {
    return undefined;
  }
}

/** The objects in JSON texts. A text without an object is left out: only another program can have written it. */
export const decodeObjects = (texts: readonly string[]): object[] =>
  texts.map(tryDecode).filter((value) => value !== undefined);

/** With the fields of objects in one order: JSON has them in the order in which they were set, which says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

/** One text for all JSON texts that say the same. */
export const canonical = (json: string): string => JSON.stringify(sorted(JSON.parse(json)));
