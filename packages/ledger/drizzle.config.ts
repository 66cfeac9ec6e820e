import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` after a change of the schema writes the next migration. */
export default defineConfig({ dialect: 'postgresql', schema: './src/store/schema.ts', out: './migrations' });
