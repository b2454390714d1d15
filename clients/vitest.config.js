import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*/tests/**/*.test.js'],
    globalSetup: 'testing/setup.js',
    // Includes the build of the service on a busy machine.
    hookTimeout: 600_000,
    testTimeout: 60_000,
  },
});
