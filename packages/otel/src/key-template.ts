/** Names many keys as one, for instance `"order:*"`. */
export type KeyTemplate = (key: string) => string | undefined;

/** The keys of the adapters of `@distlock/memory`. */
const adapters: readonly (readonly [RegExp, string])[] = [
  [/^memory:\{.*\}$/s, "memory:{*}"],
  [/^mastra:lease:\{.*\}$/s, "mastra:lease:{*}"],
  [/^mastra:thread:\{.*\}$/s, "mastra:thread:{*}"],
  [/^chat:\{.*\}$/s, "chat:{*}"],
];

/** The template of a key that an adapter of `@distlock/memory` made. */
export const adapterTemplate: KeyTemplate = (key) => adapters.find(([pattern]) => pattern.test(key))?.[1];

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const HEX = /^(?:0x)?(?=.*\d)[0-9a-f]{6,}$/i;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

/**
 * A key template that replaces the parts of a key that look like a number, a UUID, a ULID, a hexadecimal id or an e-mail address by
 * `*`: `order:{4711}:lines` becomes `order:{*}:lines`. Parts are separated by `:`, `/`, `|`, `{` and `}`.
 */
export const maskedKey = (key: string): string =>
  key.replace(/[^:/|{}]+/g, (part) =>
    [NUMBER, UUID, ULID, HEX, EMAIL].some((pattern) => pattern.test(part)) ? "*" : part,
  );

/** How many templates a process may have. */
const MOST = 100;
const OTHER = "_other";

/** Returns the template, with at most 100 values; `"_other"` for further ones, and where the template throws. */
export function boundedTemplate(template: KeyTemplate): (key: string) => string {
  const values = new Set<string>();

  function templateOf(key: string): string {
    try {
      return String(template(key) ?? adapterTemplate(key) ?? OTHER);
    } catch {
      return OTHER;
    }
  }

  return (key) => {
    const value = templateOf(key);
    if (values.size < MOST) values.add(value);
    return values.has(value) ? value : OTHER;
  };
}
