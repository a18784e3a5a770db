import { createLocker, type Locker } from "@distlock/core";
import { type Connection, openConnection } from "../connection/open";
import type { RedisOptions } from "../connection/options";
import { type Ask, createAsk } from "./ask";

/** What a command needs that looks at locks. */
export interface Session {
  readonly connection: Connection;
  /** It inspects and frees locks, and takes none. */
  readonly locker: Locker;
  readonly ask: Ask;
  close(): void;
}

/** Connects to Redis. */
export async function openSession(options: RedisOptions, signal?: AbortSignal): Promise<Session> {
  const connection = await openConnection(options);
  const locker = createLocker(connection.driver);
  return {
    connection,
    locker,
    ask: createAsk({ timeout: options.timeout, signal }),
    close() {
      void locker.close();
      connection.close();
    },
  };
}

/** Connects to Redis for the time of some work. */
export async function withSession<T>(options: RedisOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(options);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
