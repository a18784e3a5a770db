// Test files share processes: what a file leaves open reaches into the next files, and may meet their servers on an old port.
const closers: (() => void)[] = [];

/** Calls `close` after the last test of the present file. */
export const atEndOfFile = (close: () => void): void => void closers.push(close);

/** Calls what the file has left to be called. */
export function endFile(): void {
  for (const close of closers.splice(0)) close();
}
