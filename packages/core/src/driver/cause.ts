// Tested by test/locking/no-token.test.ts
import { DriverError } from "./driver-error";

/** The properties that an error may keep. None of them comes from the command that was sent. */
const harmless = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
  "code",
  "errno",
  "syscall",
  "address",
  "port",
]);

/** Redis repeats the arguments of an unknown command in its error. */
const withoutArguments = (text: string): string => text.replace(/,? with args beginning with: [^\n]*/, "");

/** Returns the message of the value with which a client rejected. */
export const messageOf = (error: unknown): string =>
  withoutArguments(error instanceof Error ? error.message || error.name : String(error));

/** Returns the parts of an error that may repeat the command, without it. */
function cleanPartsOf({ message, stack, cause, errors }: Error & { readonly errors?: unknown }): Partial<Error> {
  return {
    message: withoutArguments(message),
    ...(stack !== undefined && { stack: withoutArguments(stack) }),
    ...(cause !== undefined && { cause: withoutCommand(cause) }),
    ...(Array.isArray(errors) && { errors: errors.map(withoutCommand) }),
  };
}

function copyWith(clean: Partial<Error>, error: Error): Error {
  const copy: Error = Object.create(Object.getPrototypeOf(error));
  for (const name of Reflect.ownKeys(error)) {
    if (!harmless.has(String(name))) continue;
    const value = (name in clean ? clean : error)[name as keyof Error];
    Object.defineProperty(copy, name, { value, configurable: true, writable: true });
  }
  return copy;
}

/**
 * Returns a client's error, even one inside a driver's error, without the command that failed. ioredis keeps the arguments of
 * the command at the error, and a command may have the tokens of many locks.
 */
export function withoutCommand(error: unknown): unknown {
  if (DriverError.is(error) && error.cause !== undefined) return withoutCommand(error.cause);
  if (!(error instanceof Error)) return typeof error === "object" ? new Error(messageOf(error)) : error;
  const clean = cleanPartsOf(error);
  const isHarmless = Reflect.ownKeys(error).every((name) => harmless.has(String(name)));
  const isSame = clean.message === error.message && clean.cause === error.cause && !("errors" in clean);
  return isHarmless && isSame ? error : copyWith(clean, error);
}
