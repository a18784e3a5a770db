/** JSON's own order of fields is that of their making, which says nothing: two that differ in it are the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

/** The text that all have in common whose JSON says the same. */
export const canonical = (json: string): string => JSON.stringify(sorted(JSON.parse(json)));

/** Throws `TypeError` for bytes, of which JSON would make something else. */
function noBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const given = this[name]; // before its toJSON
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) throw new TypeError(`${name} has bytes`);
  return value;
}

/** An item as JSON. Throws `TypeError`, under the name that the caller knows it by, for what is none, or JSON can't write. */
export function encodeItem(what: string, item: unknown): string {
  if (typeof item !== "object" || item === null || Array.isArray(item))
    throw new TypeError(`${what} must be an object`);
  try {
    const json = JSON.stringify(item, noBytes);
    decodeItem(json);
    return json;
  } catch (cause) {
    throw new TypeError(`${what} must be safe to write as JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Several, also none, in their order. Throws `TypeError`. */
export function encodeItems(what: string, items: unknown): string[] {
  if (!Array.isArray(items)) throw new TypeError(`${what} must be an array`);
  return items.map((item, i) => encodeItem(`${what}[${i}]`, item));
}

/** The item that JSON text holds. Throws `SyntaxError` or `TypeError` if it holds none. */
export function decodeItem(json: string): object {
  const item: unknown = JSON.parse(json);
  if (typeof item !== "object" || item === null || Array.isArray(item)) throw new TypeError("it is no object");
  return item;
}
