import { type FaultLinks, kindsOf } from "./fault-settings";

/** Replies that are to be lost, each with the connection that sent the command. */
export interface LostReplies<Link extends { readonly kind: FaultLinks }> {
  /** The reply to the next command of such a connection. Resolves when it was lost, or was called off. */
  add(kind: FaultLinks): Promise<void>;
  callOff(links: FaultLinks | undefined): void;
  /** A connection has sent a command. */
  sent(link: Link): void;
  /** Whether the data that the server sends now is a reply to lose; it then counts as lost. */
  take(link: Link): boolean;
  /** A connection has ended: the reply to the command of another one is lost instead. */
  ended(link: Link): void;
}

interface Loss<Link> {
  readonly kind: FaultLinks;
  link?: Link | undefined;
  done(): void;
}

export function createLostReplies<Link extends { readonly kind: FaultLinks }>(): LostReplies<Link> {
  const losses = new Set<Loss<Link>>();

  function finish(loss: Loss<Link>): void {
    losses.delete(loss);
    loss.done();
  }
  return {
    add: (kind) => new Promise((done) => losses.add({ kind, done })),
    callOff(links) {
      for (const loss of losses) if (kindsOf(links).includes(loss.kind)) finish(loss);
    },
    sent(link) {
      for (const loss of losses) if (loss.kind === link.kind) loss.link ??= link;
    },
    take(link) {
      const loss = [...losses].find((one) => one.link === link);
      if (loss) finish(loss);
      return loss !== undefined;
    },
    ended(link) {
      for (const loss of losses) if (loss.link === link) loss.link = undefined;
    },
  };
}
