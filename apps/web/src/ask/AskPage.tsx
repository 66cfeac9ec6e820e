import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { fetchNetwork } from '../api/network.ts';
import styles from './Ask.module.css';
import { Composer } from './Composer.tsx';
import { askQuestion, stopTurn, useTurns } from './chat.ts';
import { Start } from './Start.tsx';
import { TurnView } from './TurnView.tsx';
import { isUnderWay } from './turn.ts';

/** How near to its end somebody must be for the page to follow an answer, pixels. */
const NEAR_PX = 160;

/** The start page: questions, answers, and who is paid for them. */
export function AskPage() {
  const turns = useTurns();
  const last = turns.at(-1);
  const running = last && isUnderWay(last) ? last : undefined;
  useFollow(last?.id, running ? (last?.text.length ?? 0) : 0);

  const send = (question: string, model: string) => void askQuestion(question, model, fetchNetwork);
  return (
    <div className={styles.page}>
      {turns.length === 0 ? (
        <Start onAsk={(question) => send(question, 'auto')} />
      ) : (
        <section className={styles.turns} aria-label="Conversation">
          <VisuallyHidden>
            <h1>Ask</h1>
          </VisuallyHidden>
          {turns.map((turn) => (
            <TurnView
              key={turn.id}
              turn={turn}
              isLast={turn === last}
              onAskAgain={() => send(turn.question, turn.model)}
            />
          ))}
        </section>
      )}
      <Composer
        running={running !== undefined}
        isEmpty={turns.length === 0}
        onAsk={send}
        onStop={() => running && stopTurn(running.id)}
      />
    </div>
  );
}

/** Keeps the end of the page in view: when a question is asked, and while its answer grows, for who is there already. */
function useFollow(id: string | undefined, length: number): void {
  const seen = useRef(id);
  useEffect(() => {
    const isNew = seen.current !== id;
    seen.current = id;
    const { scrollHeight } = document.documentElement;
    const isNear = scrollHeight - innerHeight - scrollY < NEAR_PX;
    if (id && (isNew || (length > 0 && isNear))) scrollTo({ top: scrollHeight });
  }, [id, length]);
}
