/** Blocks this process's event loop for so many ms: no timer, no answer, nothing. */
export function stallEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
