/** Keeps the process busy for so many ms, so that no timer runs. */
export function stall(time: number): void {
  const started = performance.now();
  while (performance.now() - started < time);
}
