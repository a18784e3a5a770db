import type { Operation } from "@distlock/core";
import type { Attributes } from "@opentelemetry/api";
import { adapterTemplate, type KeyTemplate } from "./key-template";

/*
 * The attributes of spans. Their names are literals here and nowhere computed: an engine makes such an object in one step.
 */

/** A key and a list of keys are two attributes, as each attribute has one type. */
export const keyAttributes = (keys: readonly string[]): Attributes =>
  keys.length === 1 ? { "distlock.lock.key": keys[0]! } : { "distlock.lock.keys": [...keys] };

/** The attributes of an operation at its beginning. */
export function attributesAtStart(operation: Operation, template: KeyTemplate = adapterTemplate): Attributes {
  const attributes = keyAttributes(operation.keys);
  switch (operation.name) {
    case "acquire":
      attributes["distlock.ttl"] = operation.ttl;
      attributes["distlock.wait.mode"] = operation.wait;
      break;
    case "hold":
      addFence(attributes, operation.fences);
      break;
    case "withLock":
    case "once":
    case "turn":
      attributes["distlock.lock.key_template"] = template(operation.keys[0]!);
      attributes["gen_ai.conversation.id"] = operation.session;
  }
  return attributes;
}

/** Locks of several keys have several fences: they are not recorded. */
function addFence(attributes: Attributes, fences: readonly number[] | undefined): void {
  if (fences?.length === 1) attributes["distlock.fence"] = fences[0];
}

/** Further attributes of an operation at its end. */
export function attributesAtEnd(operation: Operation): Attributes {
  switch (operation.name) {
    case "acquire": {
      const attributes: Attributes = {
        "distlock.outcome": operation.outcome,
        "distlock.attempts": operation.attempts,
        "distlock.wait.ahead": operation.ahead,
        "distlock.handed_over": operation.handedOver,
        "distlock.holder.label": operation.holder?.label,
      };
      addFence(attributes, operation.fences);
      return attributes;
    }
    case "hold":
      return { "distlock.end": operation.end };
    case "extend":
    case "release":
    case "forceRelease":
      return { "distlock.outcome": operation.outcome };
    default:
      return {};
  }
}
