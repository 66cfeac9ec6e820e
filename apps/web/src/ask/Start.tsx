import { Text, Title, UnstyledButton } from '@mantine/core';
import { IconArrowUpRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import styles from './Ask.module.css';

const EXAMPLES: { model: string; question: string }[] = [
  { model: 'tributary/library', question: 'What happens when an answer fails?' },
  { model: 'tributary/library', question: 'What is a voucher?' },
  { model: 'tributary/guide', question: 'What does it cost to ask?' },
  { model: 'tributary/abacus', question: 'What is 17.5 % of 240?' },
];

const Models = z.object({ data: z.array(z.looseObject({ id: z.string(), name: z.string().optional() })) });

/** What can be asked here, by the API that every client uses. */
export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: async ({ signal }) => Models.parse(await (await fetch('/v1/models', { signal })).json()).data,
    staleTime: 30_000,
  });
}

/** What somebody sees who has not asked yet. */
export function Start({ onAsk }: { onAsk: (question: string) => void }) {
  const models = useModels();
  const known = models.data && new Set(models.data.map((m) => m.id));
  const examples = EXAMPLES.filter((e) => !known || known.has(e.model));
  return (
    <section className={styles.start}>
      <Title order={1} className={styles.promise}>
        Ask. Everyone behind the answer is paid.
      </Title>
      <Text className={styles.lead}>
        Answers come from people’s data, computers and models. Each carries a receipt that shows who helped and what
        they earned, and your browser checks it.
      </Text>
      <ul className={styles.examples} aria-label="Questions to try">
        {examples.map(({ question }) => (
          <li key={question}>
            <UnstyledButton className={styles.example} onClick={() => onAsk(question)}>
              <span>{question}</span>
              <IconArrowUpRight size={17} stroke={1.6} aria-hidden />
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
