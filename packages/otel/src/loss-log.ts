import type { Fact } from "@distlock/core";
import { context } from "@opentelemetry/api";
import { keyAttributes } from "./attributes";

/** As much of a `LoggerProvider` of `@opentelemetry/api-logs` as is used. */
export interface LoggerProviderLike {
  getLogger(name: string, version?: string): { emit(record: object): void };
}

/** The severity ERROR of the logs data model. */
const ERROR = 17;

/** Writes a log record for each lock that is lost. */
export function lossLog(provider: LoggerProviderLike, name: string, version: string): (fact: Fact) => void {
  const logger = provider.getLogger(name, version);
  return (fact) => {
    if (fact.name !== "lost") return;
    const { key, fence, reason, error } = fact;
    logger.emit({
      eventName: "distlock.lost",
      severityNumber: ERROR,
      severityText: "ERROR",
      body: error.message,
      attributes: { ...keyAttributes([key]), "distlock.fence": fence, "distlock.lost.reason": reason },
      context: context.active(),
    });
  };
}
