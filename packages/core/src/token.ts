import { randomBytes, randomUUID } from "node:crypto";

/** A name for one locker instance: random, so that a restarted process never has its predecessor's. */
export const newInbox = (): string => randomBytes(12).toString("base64url");

/** A token never used before. It begins with the inbox, so that scripts know whom to tell. */
export const newToken = (inbox: string): string => `${inbox}:${randomUUID()}`;
