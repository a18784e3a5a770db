import type { Operation } from "@distlock/core";
import type { Attributes } from "@opentelemetry/api";
import { adapterTemplate, type KeyTemplate } from "./key-template";
import { ATTRIBUTES as A } from "./names";

/** A key and a list of keys are two attributes, as each attribute has one type. */
export const keyAttributes = (keys: readonly string[]): Attributes =>
  keys.length === 1 ? { [A.key]: keys[0]! } : { [A.keys]: [...keys] };

/** Locks of several keys have several fences: they are not recorded. */
const fenceOf = (fences: readonly number[] | undefined): Attributes =>
  fences?.length === 1 ? { [A.fence]: fences[0]! } : {};

/** The attributes of an operation at its beginning. */
export function attributesAtStart(operation: Operation, template: KeyTemplate = adapterTemplate): Attributes {
  const keys = keyAttributes(operation.keys);
  switch (operation.name) {
    case "acquire":
      return { ...keys, [A.ttl]: operation.ttl, [A.waitMode]: operation.wait };
    case "hold":
      return { ...keys, ...fenceOf(operation.fences) };
    case "withLock":
    case "turn":
      return { ...keys, [A.keyTemplate]: template(operation.keys[0]!), [A.conversation]: operation.session };
    default:
      return keys;
  }
}

/** Further attributes of an operation at its end. */
export function attributesAtEnd(operation: Operation): Attributes {
  switch (operation.name) {
    case "acquire": {
      const { outcome, attempts, ahead, handedOver, fences, holder } = operation;
      return {
        [A.outcome]: outcome,
        [A.attempts]: attempts,
        [A.ahead]: ahead,
        [A.handedOver]: handedOver,
        ...fenceOf(fences),
        [A.holder]: holder?.label,
      };
    }
    case "hold":
      return { [A.end]: operation.end };
    case "extend":
    case "release":
    case "forceRelease":
      return { [A.outcome]: operation.outcome };
    default:
      return {};
  }
}
