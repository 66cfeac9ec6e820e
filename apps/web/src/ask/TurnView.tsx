import { Button, Tabs } from '@mantine/core';
import { IconCheck, IconCoins, IconQuote, IconReceipt } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { Dollars } from '../money/Money.tsx';
import { openPurse } from '../shell/PurseButton.tsx';
import { Failed } from '../ui/States.tsx';
import { AnswerText } from './AnswerText.tsx';
import styles from './Ask.module.css';
import { MoneyPanel } from './MoneyPanel.tsx';
import { ReceiptPanel } from './ReceiptPanel.tsx';
import { Sources } from './Sources.tsx';
import { chargeOf, isUnderWay, receiptOf, type Turn, wordsOf, wordsSoFar } from './turn.ts';

interface Props {
  turn: Turn;
  isLast: boolean;
  onAskAgain: () => void;
}

const UNDER_WAY: Partial<Record<Turn['state'], string>> = {
  preparing: 'Putting $5.00 of play money into your purse',
  waiting: 'Finding the service that suits best',
  streaming: 'Answering',
};

/** One question with its answer, and everything that can be known of it. */
export function TurnView({ turn, isLast, onAskAgain }: Props) {
  const { answer } = turn;
  const citations = answer?.citations ?? [];
  const [tab, setTab] = useState<string | null>(isLast ? 'money' : null);
  const [mark, setMark] = useState<number | null>(null);
  const id = useId();
  const text = answer ? wordsOf(answer.text, citations.length) : wordsSoFar(turn.text);

  return (
    <article className={styles.turn} aria-labelledby={id} aria-busy={isUnderWay(turn)}>
      <h2 className={styles.question} id={id}>
        {turn.question}
      </h2>
      <p className={styles.by} role="status">
        {answer ? <AnsweredBy turn={turn} /> : <span className={styles.dim}>{UNDER_WAY[turn.state] ?? ' '}</span>}
        {isUnderWay(turn) && <span className={styles.pulse} aria-hidden />}
      </p>
      {text && (
        <AnswerText
          text={text}
          citations={citations.length}
          onCite={(n) => {
            setMark(n);
            setTab('sources');
          }}
        />
      )}
      {turn.state === 'stopped' && <p className={styles.dim}>Stopped. Nothing more was asked for this answer.</p>}
      {turn.state === 'failed' && turn.error && (
        <div className={styles.failed}>
          <Failed
            error={Object.assign(new Error(turn.error.message), turn.error.hint ? { hint: turn.error.hint } : {})}
          />
          <Button size="xs" variant="default" onClick={turn.error.code === 'no_purse' ? openPurse : onAskAgain}>
            {turn.error.code === 'no_purse' ? 'Choose how to pay' : 'Ask again'}
          </Button>
        </div>
      )}
      {answer && (
        <Tabs
          value={tab}
          onChange={setTab}
          allowTabDeactivation
          keepMounted={false}
          classNames={{ list: styles.tablist ?? '', tab: styles.tab ?? '', panel: styles.panel ?? '' }}
        >
          <Tabs.List aria-label="About this answer">
            <Tabs.Tab value="money" leftSection={<IconCoins size={17} stroke={1.7} aria-hidden />}>
              Who is paid
            </Tabs.Tab>
            {citations.length > 0 && (
              <Tabs.Tab value="sources" leftSection={<IconQuote size={17} stroke={1.7} aria-hidden />}>
                {citations.length === 1 ? '1 source' : `${citations.length} sources`}
              </Tabs.Tab>
            )}
            <Tabs.Tab value="receipt" leftSection={<IconReceipt size={17} stroke={1.7} aria-hidden />}>
              Receipt
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="money">
            <MoneyPanel turn={turn} />
          </Tabs.Panel>
          <Tabs.Panel value="sources">
            <Sources citations={citations} mark={mark} receipt={receiptOf(turn)} />
          </Tabs.Panel>
          <Tabs.Panel value="receipt">
            <ReceiptPanel turn={turn} />
          </Tabs.Panel>
        </Tabs>
      )}
    </article>
  );
}

/** Who answered, for how much, how fast, and why this one. */
function AnsweredBy({ turn }: { turn: Turn }) {
  const { answer, elapsedMs } = turn;
  const charged = chargeOf(turn);
  if (!answer) return null;
  const why = answer.why?.replace(/^\S+ was chosen because /, '').replace(/\.$/, '');
  return (
    <>
      <span className={styles.facts}>
        <Link to="/explore/assets/$account" params={{ account: answer.service }} className={styles.service}>
          {answer.model.replace(/^tributary\/(.)/, (_, first: string) => first.toUpperCase())}
          {answer.provider && <span> by {answer.provider}</span>}
        </Link>
        <span className={styles.fact}>
          {charged === 0n ? 'free' : charged !== null && <Dollars amount={charged} />}
        </span>
        {elapsedMs !== null && <span className={`${styles.fact} num`}>{(elapsedMs / 1000).toFixed(1)} s</span>}
        <span className={`${styles.fact} ${styles.good}`}>
          <IconCheck size={15} stroke={2.2} aria-hidden /> receipt checked
        </span>
      </span>
      {why && <span className={styles.why}>Chosen because {why}.</span>}
    </>
  );
}
