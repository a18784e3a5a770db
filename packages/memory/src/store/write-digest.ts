import { createHash } from "node:crypto";
import { canonical } from "./json-text";

/** 96 bits: short, as many are kept, and enough for nobody to meet another one by chance. */
const digest = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 16);

/** What a write is, in short: the same for two of one kind whose texts say the same. */
export const writeDigest = (kind: string, ...lists: readonly (readonly string[])[]): string =>
  digest(JSON.stringify([kind, ...lists.map((texts) => texts.map(canonical))]));

/** What stands for the name of a write, which may be of any length, and tell of whoever made the request. */
export const nameOfWrite = (idempotencyKey: string): string => digest(idempotencyKey);

/** For the name of a write that was another one. */
export const otherWrite = (idempotencyKey: string): RangeError => {
  const name = idempotencyKey.length > 64 ? `${idempotencyKey.slice(0, 64)}…` : idempotencyKey;
  return new RangeError(`idempotencyKey ${JSON.stringify(name)} is the name of another write; nothing was written`);
};
