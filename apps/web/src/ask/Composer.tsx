import { ActionIcon, Select, Textarea, Tooltip } from '@mantine/core';
import { IconArrowUp, IconPlayerStopFilled, IconPlus } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import styles from './Ask.module.css';
import { clearChat } from './chat.ts';
import { useModels } from './Start.tsx';

const LONGEST = 24_000;
const AUTO = 'auto';

interface Props {
  running: boolean;
  isEmpty: boolean;
  onAsk: (question: string, model: string) => void;
  onStop: () => void;
}

/** Where one types. Enter asks, Shift+Enter begins a new line. */
export function Composer({ running, isEmpty, onAsk, onStop }: Props) {
  const [text, setText] = useState('');
  const [model, setModel] = useState(AUTO);
  const [wrong, setWrong] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const models = useModels();

  // Asking again needs no click; on a phone the keyboard would cover the page.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true });
  }, []);

  const send = () => {
    if (running) return;
    const question = text.trim();
    if (question === '') {
      setWrong('Type a question first.');
      field.current?.focus();
      return;
    }
    setText('');
    setWrong(null);
    onAsk(question, model);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  const options = (models.data ?? []).map((m) => ({
    value: m.id,
    label: m.id === AUTO ? 'Best service for the question' : (m.name ?? m.id),
  }));

  return (
    <div className={styles.dock}>
      <form
        className={styles.composer}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Textarea
          ref={field}
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={9}
          maxLength={LONGEST}
          placeholder="Ask anything"
          aria-label="Your question"
          error={wrong}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setWrong(null);
          }}
          onKeyDown={onKeyDown}
          classNames={{ input: styles.input ?? '', error: styles.wrong ?? '' }}
        />
        <div className={styles.controls}>
          <Select
            size="xs"
            variant="unstyled"
            aria-label="Who answers"
            data={options.length > 0 ? options : [{ value: AUTO, label: 'Best service for the question' }]}
            value={model}
            onChange={(value) => setModel(value ?? AUTO)}
            allowDeselect={false}
            checkIconPosition="right"
            comboboxProps={{ width: 280, position: 'top-start' }}
            classNames={{ input: styles.model ?? '' }}
          />
          {!isEmpty && (
            <Tooltip label="New conversation">
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                radius="xl"
                aria-label="New conversation"
                onClick={clearChat}
              >
                <IconPlus size={19} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
          )}
          {running ? (
            <ActionIcon size="lg" radius="xl" variant="default" aria-label="Stop" onClick={onStop}>
              <IconPlayerStopFilled size={15} />
            </ActionIcon>
          ) : (
            <ActionIcon type="submit" size="lg" radius="xl" aria-label="Ask">
              <IconArrowUp size={19} stroke={2} />
            </ActionIcon>
          )}
        </div>
      </form>
    </div>
  );
}
