/** The store that the locks protect. It is not in Redis, knows the highest fence of each lock, and refuses lower ones. */
export interface Store {
  /** Whether the write was taken. */
  write(lock: string, fence: number): boolean;
}

export function fencedStore(): Store {
  const highest = new Map<string, number>();
  return {
    write(lock, fence) {
      if (fence < (highest.get(lock) ?? 0)) return false;
      highest.set(lock, fence);
      return true;
    },
  };
}
