import './styles.ts';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.ts';
import { router } from './router.tsx';
import { cssVariables, theme } from './theme.ts';
import { loadEngineSoon } from './wallet/load.ts';

/** The nonce under which the gateway lets this page add styles. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';

// Where the library that keeps the page still behind a dialog looks for it.
Object.assign(globalThis, { __webpack_nonce__: nonce });

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
    deduplicateInlineStyles
  >
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
loadEngineSoon();

// A part of the page that is not there any more: the gateway serves a newer build. Once, so that nothing goes round.
addEventListener('vite:preloadError', () => {
  const last = Number(sessionStorage.getItem('tributary.reloaded') ?? 0);
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem('tributary.reloaded', String(Date.now()));
  location.reload();
});
