import { Anchor } from '@mantine/core';
import MarkdownToJsx from 'markdown-to-jsx/react';
import styles from './Ask.module.css';

/** A model's words as Markdown. HTML in them is shown as text; links open elsewhere; pictures are not loaded. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className={styles.answer}>
      <MarkdownToJsx
        options={{
          disableParsingRawHTML: true,
          forceBlock: true,
          overrides: {
            a: { component: Anchor, props: { target: '_blank', rel: 'noreferrer nofollow' } },
            img: { component: ({ alt }: { alt?: string }) => <em>{alt ?? 'picture'}</em> },
          },
        }}
      >
        {text}
      </MarkdownToJsx>
    </div>
  );
}
