import { defineConfig } from 'vitest/config'

/** Real git, command lines and killed processes by the hundred: too long for every save, so `npm run check` leaves them out. */
const integration = ['test/**/*.integration.test.ts']
const machine = ['test/**/*.machine.test.ts']
const browser = ['test/**/*.browser.test.ts']
/** Whole suites that take minutes each: those that hold what others touch as well (`npm run test:slow`), and those of engines that no package of every Debian has (`npm run test:places`). */
const slow = process.env.TESTS === 'all' ? [] : ['test/**/*.slow.*.test.ts', 'test/**/*.places.*.test.ts']
const worker = ['test/support/build-worker.ts']
/** What is waited for takes its time on a busy host: the limit of a test is the only one. */
const expect = { poll: { timeout: 240_000 } }
/** Less than a test of the window may take, so that a check that fails says what it saw. */
const expectInWindow = { poll: { timeout: 90_000 } }

/**
 * Four projects: `unit` needs nothing but git and is quick; `integration` is the rest that runs anywhere; `browser` looks at the
 * built window in Chromium; `machine` boots real virtual machines. The last two run one file at a time.
 */
export default defineConfig({
  test: {
    /** `npm run coverage`; the figure leaves out what only runs in processes that a test starts. */
    coverage: { include: ['main/**', 'renderer/**/*.ts'], reporter: ['text-summary'] },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...integration, ...machine, ...browser],
          // Half the time: a file leaves nothing behind that another could meet, and the modules are loaded once.
          isolate: false,
          testTimeout: 60_000,
          expect,
        },
      },
      {
        test: {
          name: 'integration',
          include: integration,
          exclude: slow,
          globalSetup: worker,
          testTimeout: 300_000,
          expect,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: browser,
          globalSetup: [...worker, 'test/support/window/build-window.ts', 'test/support/window/build-app.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: expectInWindow,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'machine',
          include: machine,
          exclude: slow,
          globalSetup: worker,
          testTimeout: 600_000,
          expect,
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
