/**
 * The object with some members replaced. Everything else is the object's own. Its methods run on it and not on the proxy, so
 * that private members work, and a method that it calls on itself is not replaced. A member that is set is set on it. A method
 * that returns the object, or a plain promise of it, returns the proxy.
 */
export function boundProxy<T extends object>(target: T, replaced: Readonly<Record<PropertyKey, unknown>>): T {
  const bound = new WeakMap<object, unknown>();
  const outside = (result: unknown): unknown => (result === target ? proxy : result);
  const proxy: T = new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name];
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function" || name === "constructor" || isFixed(target, name)) return member;
      let same = bound.get(member);
      if (!same) {
        same = new Proxy(member, {
          apply(method, self, args) {
            const result: unknown = Reflect.apply(method, self === proxy || self === undefined ? target : self, args);
            return isPlainPromise(result) ? result.then(outside) : outside(result);
          },
        });
        bound.set(member, same);
      }
      return same;
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
  });
  return proxy;
}

/** A promise with members of its own, or of a subclass, may have more to it than its result. */
const isPlainPromise = (value: unknown): value is Promise<unknown> =>
  value?.constructor === Promise && Object.keys(value).length === 0;

/** Whether JavaScript makes the proxy return the object's own value. */
export function isFixed(target: object, name: PropertyKey): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, name);
  return own !== undefined && !own.configurable && !own.writable && "value" in own;
}
