import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { inWords } from './page-error.ts';

/** A failure where something else should be, with what to do about it. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { message, hint } = inWords(error);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={message} role="alert">
      {hint && <Text size="sm">{hint}</Text>}
      {onRetry && (
        <Button size="xs" variant="default" mt="xs" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** The same in one line. */
export function FailedLine({ error }: { error: unknown }) {
  const { message, hint } = inWords(error);
  return (
    <Text size="sm" c="var(--mantine-color-error)" p="xs" role="alert">
      {message} {hint}
    </Text>
  );
}

/** Where there is nothing yet: says so, and how something comes to be there. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py="xl" px="md" ta="center">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text size="sm" c="dimmed" maw={460}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}

/** Grey lines in the place of what is being loaded. */
export function Loading({ lines = 4, height = 44 }: { lines?: number; height?: number }) {
  return (
    <Stack gap="xs" aria-busy="true" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={i} height={height} radius="md" />
      ))}
    </Stack>
  );
}
