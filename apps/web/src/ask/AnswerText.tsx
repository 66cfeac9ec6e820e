import { lazy, Suspense } from 'react';
import styles from './Ask.module.css';
import { cutAtMarks } from './turn.ts';

const Markdown = lazy(() => import('./Markdown.tsx'));

/** Whether a text uses what only Markdown shows well: lists, headings, code, tables, emphasis, links. */
function isMarkdown(text: string): boolean {
  return /^(?:#{1,4} |[-*+] |\d+\. |```|\|)|\*\*|`[^`]+`|\]\(/m.test(text);
}

interface Props {
  text: string;
  citations: number;
  onCite: (mark: number) => void;
}

/** An answer's words; the marks of citations lead to the passage. */
export function AnswerText({ text, citations, onCite }: Props) {
  if (isMarkdown(text)) {
    return (
      <Suspense fallback={<Plain text={text} citations={citations} onCite={onCite} />}>
        <Markdown text={text} />
      </Suspense>
    );
  }
  return <Plain text={text} citations={citations} onCite={onCite} />;
}

function Plain({ text, citations, onCite }: Props) {
  return (
    <div className={styles.answer}>
      {text.split(/\n{2,}/).map((paragraph, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs only grow at the end
        <p key={i}>
          {cutAtMarks(paragraph, citations).map((part, k) =>
            typeof part === 'string' ? (
              part
            ) : (
              <button
                // biome-ignore lint/suspicious/noArrayIndexKey: parts only grow at the end
                key={k}
                type="button"
                className={styles.mark}
                aria-label={`Source ${part.mark}`}
                onClick={() => onCite(part.mark)}
              >
                {part.mark}
              </button>
            ),
          )}
        </p>
      ))}
    </div>
  );
}
