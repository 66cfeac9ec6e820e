import type { Patience } from './question.ts';

/** Looks after the time that a stream takes. */
export interface StreamWatch {
  /** A piece came and is being relayed. */
  piece(): void;
  /** It is with the client: the provider's time goes on. */
  relayed(): void;
  end(): void;
}

/**
 * Comments and empty events keep a connection busy for ever, so only pieces of the answer count as progress. The time in which
 * a slow client takes a piece is not the provider's.
 *
 * @param onLate the stream makes no progress; told what is missing
 * @param onLong the stream has gone on for as long as any may
 */
export function watchStream(patience: Patience, onLate: (what: string) => void, onLong: () => void): StreamWatch {
  let isRelaying = false;
  let begun = false;
  const first = setTimeout(() => onLate('sent no token in time'), patience.firstTokenMs);
  const whole = setTimeout(onLong, patience.streamMs);
  let idle: NodeJS.Timeout | undefined;
  const onIdle = () => {
    if (isRelaying) idle?.refresh();
    else onLate('sent nothing more');
  };
  return {
    piece() {
      isRelaying = true;
      if (begun) return;
      begun = true;
      clearTimeout(first);
      idle = setTimeout(onIdle, patience.idleMs);
    },
    relayed() {
      isRelaying = false;
      idle?.refresh();
    },
    end() {
      clearTimeout(first);
      clearTimeout(whole);
      clearTimeout(idle);
    },
  };
}
