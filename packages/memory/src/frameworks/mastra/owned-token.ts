import { randomUUID } from "node:crypto";

/** A new token of an owner: `<uuid>=<the owner, as JSON, in base64url>`. An owner may be any string, and come again. */
export const newToken = (owner: string): string =>
  `${randomUUID()}=${Buffer.from(JSON.stringify(owner)).toString("base64url")}`;

/** The owner of a token; `undefined` for a token that was made elsewhere. */
export function ownerOf(token: string): string | undefined {
  const [, encoded] = /^[\da-f-]{36}=([\w-]+)$/.exec(token) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const owner: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString());
    return typeof owner === "string" ? owner : undefined;
  } catch {
    return undefined;
  }
}
