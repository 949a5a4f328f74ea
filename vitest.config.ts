import { defineConfig } from 'vitest/config'

/** Two projects: `unit` needs nothing but git; `machine` boots real virtual machines and runs one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.machine.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'machine',
          include: ['test/**/*.machine.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
