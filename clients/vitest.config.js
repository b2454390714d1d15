import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['*/tests/**/*.test.{js,ts}'], testTimeout: 60_000, hookTimeout: 120_000 },
});
