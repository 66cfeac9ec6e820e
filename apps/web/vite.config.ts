import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Files that are worth compressing; fonts and pictures are compressed already. */
const TEXT = /\.(?:js|css|svg)$/;

/** Writes `.br` and `.gz` beside every text file, so that the gateway compresses nothing itself. */
function compressed(): Plugin {
  let out = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !TEXT.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const bytes = await readFile(file);
        const [br, gz] = await Promise.all([
          promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
          promisify(gzip)(bytes, { level: 9 }),
        ]);
        await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
      }
    },
  };
}

/** Lets the browser fetch the font while it still reads the page, so that the first paint has it. */
function fontAhead(): Plugin {
  return {
    name: 'font-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => name.endsWith('.woff2'))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}`, crossorigin: '' },
            injectTo: 'head-prepend' as const,
          })),
    },
  };
}

export default defineConfig({
  plugins: [react(), fontAhead(), compressed()],
  // The gateway puts a fresh one in with every answer.
  html: { cspNonce: 'TRIBUTARY_NONCE' },
  build: {
    outDir: 'dist/page',
    target: 'es2023',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Fonts are preloaded by the page itself; the modules of other pages are not needed at the start.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Our packages only compute constants when they are loaded.
      treeshake: { moduleSideEffects: (id) => !/[\\/]packages[\\/][^\\/]+[\\/]src[\\/]/.test(id) },
    },
  },
  server: {
    proxy: {
      '/v1': process.env.GATEWAY ?? 'http://127.0.0.1:8787',
      '/tributary': process.env.GATEWAY ?? 'http://127.0.0.1:8787',
    },
  },
});
