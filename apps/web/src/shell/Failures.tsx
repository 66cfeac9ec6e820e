import { Button, Stack, Text, Title } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { inWords } from '../ui/page-error.ts';

/** For an address that is no page. */
export function NotFound() {
  return (
    <Stack align="center" gap="sm" py={96} px="md" ta="center">
      <Title order={1}>There is nothing here</Title>
      <Text c="dimmed">The link may be old, or a letter may be missing.</Text>
      <Button component={Link} to="/" variant="light" mt="sm">
        To the start page
      </Button>
    </Stack>
  );
}

/** For a page that broke. */
export function RouteFailed({ error, reset }: ErrorComponentProps) {
  const { message, hint } = inWords(error);
  return (
    <Stack align="center" gap="sm" py={96} px="md" ta="center" role="alert">
      <Title order={1}>This page did not work</Title>
      <Text c="dimmed" maw={560}>
        {message} {hint}
      </Text>
      <Button variant="light" mt="sm" onClick={reset}>
        Try again
      </Button>
    </Stack>
  );
}
