import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

// Test files share processes: what a file leaves open reaches into the next files, and may meet their servers on an old port.

const closers: (() => void)[] = [];
/** The test file that last connected to each port. */
const files = new Map<number, string>();
const leaks = new Set<string>();
const reported = new Set<string>();
let present = "";

/** Calls `close` after the last test of the present file. */
export const atEndOfFile = (close: () => void): void => void closers.push(close);

export function beginFile(file: string): void {
  if (present === "") subscribe("net.client.socket", (message) => watch((message as { socket: Socket }).socket));
  present = file;
}

function watch(socket: Socket): void {
  socket.once("connect", () => {
    if (socket.remotePort !== undefined) files.set(socket.remotePort, present);
  });
  socket.once("close", () => {
    const { code, port } = (socket.errored ?? {}) as { code?: string; port?: number };
    const file = code === "ECONNREFUSED" ? files.get(port!) : undefined;
    if (file !== undefined && file !== present && !reported.has(file)) leaks.add(file);
  });
}

/** Throws if clients of earlier files tried to connect meanwhile: then those files did not close them. Each file is named once. */
export function endFile(): void {
  for (const close of closers.splice(0)) close();
  const found = [...leaks];
  leaks.clear();
  for (const file of found) reported.add(file);
  if (found.length > 0) throw new Error(`not closed at the end of their files: clients of ${found.join(", ")}`);
}
