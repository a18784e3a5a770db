/** `batch` as any runnable has it: an `invoke` for each input. Others send inputs through each step side by side. */
export function plainBatch(runnable: object): ((...args: unknown[]) => unknown) | undefined {
  let plain: ((...args: unknown[]) => unknown) | undefined;
  for (let each: object | null = runnable; each; each = Object.getPrototypeOf(each)) {
    if (Object.hasOwn(each, "batch")) plain = (each as { batch: typeof plain }).batch;
  }
  return plain;
}
