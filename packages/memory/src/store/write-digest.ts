import { createHash } from "node:crypto";
import { canonical } from "./json-text";

/** 96 bits: short, as many are kept, and enough for nobody to meet another one by chance. */
const digest = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 16);

/** A digest of a write. Two writes of one kind have the same digest if their texts have the same content. */
export const writeDigest = (kind: string, ...lists: readonly (readonly string[])[]): string =>
  digest(JSON.stringify([kind, ...lists.map((texts) => texts.map(canonical))]));

/** Stands for the name of a write, which may be long, and may identify the user who made the request. */
export const nameOfWrite = (idempotencyKey: string): string => digest(idempotencyKey);

/** For a name under which another write was done. */
export const otherWrite = (idempotencyKey: string): RangeError => {
  const name = idempotencyKey.length > 64 ? `${idempotencyKey.slice(0, 64)}…` : idempotencyKey;
  return new RangeError(`idempotencyKey ${JSON.stringify(name)} is the name of another write; nothing was written`);
};
