import type { AcquireOperation } from "@distlock/core";
import { isSpanContextValid, type Link, type SpanContext } from "@opentelemetry/api";

/** The bytes of a trace id, of a span id, and of the flags. */
const TRACE = 16;
const SPAN = 8;

/** The context of a span as 34 characters: what a token has room for. */
export function encodeLink({ traceId, spanId, traceFlags }: SpanContext): string {
  const flags = traceFlags.toString(16).padStart(2, "0");
  return Buffer.from(traceId + spanId + flags, "hex").toString("base64url");
}

function decodeLink(link: string): SpanContext | undefined {
  const bytes = Buffer.from(link, "base64url");
  if (bytes.length !== TRACE + SPAN + 1) return undefined;
  const context: SpanContext = {
    traceId: bytes.toString("hex", 0, TRACE),
    spanId: bytes.toString("hex", TRACE, TRACE + SPAN),
    traceFlags: bytes[TRACE + SPAN]!,
    isRemote: true,
  };
  return isSpanContextValid(context) ? context : undefined;
}

/** Links to the acquire of the holder that a call waited for, and of the holder that passed the lock on to it. */
export function linksOf({ blockedBy, handedOver, ahead }: AcquireOperation): Link[] {
  const context = blockedBy === undefined ? undefined : decodeLink(blockedBy);
  if (context === undefined) return [];
  const links: Link[] = [{ context, attributes: { "distlock.link": "blocked_by" } }];
  // With others ahead, one of them passed the lock on.
  if (handedOver && ahead === 0) links.push({ context, attributes: { "distlock.link": "handed_over_by" } });
  return links;
}
