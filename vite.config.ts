import { builtinModules } from 'node:module'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'
import { precompress } from './packaging/precompress.ts'

const root = import.meta.dirname

/** What every part has in common: its own folder below `dist`, and code that a person can read. */
const into = (folder: string) => ({ outDir: folder, emptyOutDir: true, minify: false, sourcemap: false }) as const

/** Modules that the first view of the window needs, and others share with it. */
const inCommon =
  /node_modules\/(?:react|react-dom|scheduler|zustand)\/|renderer\/(?:format|api|carrier\/[\w-]+|stores\/(?:live|navigation|notices)|parts\/(?:icon|button|states|blank|path|key-names|hooks\/use-once|text\/(?:title-text|with-marks)))\.tsx?$|main\/core\/(?:unreachable|visible-text)\.ts$/

/** `vite build --mode PART` builds one of these. `npm run build` builds all of them. */
const parts = {
  /**
   * `dist/cli.js` for the installed package: Node refuses to strip types below `node_modules`. Packages stay outside the bundle. Each
   * command keeps a chunk of its own: put into one file, every package that any command needs would be loaded before the first.
   */
  cli: {
    build: {
      ...into('dist'),
      ssr: true,
      target: 'node24',
      rolldownOptions: {
        input: { cli: 'main/cli.ts' },
        output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },

  /**
   * `dist/worker.js`, which starts for every task: one file with all packages in it, built after `cli`, since that empties the folder.
   * The tests of a checkout build it under another name, see main/worker/bundle.ts.
   */
  worker: {
    ssr: { noExternal: true },
    resolve: { conditions: ['node', 'import', 'default'] },
    build: {
      ...into('dist'),
      emptyOutDir: false,
      ssr: 'main/worker/main.ts',
      target: 'node24',
      rolldownOptions: {
        external: [/^node:/, ...builtinModules],
        output: { format: 'esm', codeSplitting: false, entryFileNames: 'worker.js' },
      },
    },
  },

  /** `dist/node.js`, which runs tasks on other machines and is copied there: one file with all packages in it, like the worker beside it. */
  node: {
    ssr: { noExternal: true },
    // Packages that were CommonJS ask for these.
    define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
    resolve: { conditions: ['node', 'import', 'default'] },
    build: {
      ...into('dist'),
      emptyOutDir: false,
      ssr: 'main/fleet/node/main.ts',
      target: 'node24',
      rolldownOptions: {
        external: [/^node:/, ...builtinModules],
        output: { format: 'esm', codeSplitting: false, entryFileNames: 'node.js' },
      },
    },
  },

  /** `dist/main`, the desktop app's main process with all packages in it: the packed app has no `node_modules`. */
  main: {
    ssr: { noExternal: true },
    // Packages that were CommonJS ask for these.
    define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
    resolve: { conditions: ['node', 'import', 'default'] },
    build: {
      ...into('dist/main'),
      ssr: 'main/index.ts',
      target: 'node24',
      rolldownOptions: {
        external: ['electron', /^node:/, ...builtinModules],
        output: { format: 'esm', entryFileNames: 'index.js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },

  /** `dist/preload/index.cjs`: a sandboxed preload is one CommonJS file. */
  preload: {
    build: {
      ...into('dist/preload'),
      ssr: 'preload/index.ts',
      target: 'chrome140',
      rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'index.cjs' } },
    },
  },

  /**
   * `dist/gateway/gateway.js`: one file in a folder of its own, since that is all that it may read. The packed app has it beside its archive, into which Node
   * cannot look; `places add` copies it to other machines.
   */
  gateway: {
    build: {
      ...into('dist/gateway'),
      ssr: 'main/gateway/main.ts',
      target: 'node24',
      rolldownOptions: { output: { format: 'esm', codeSplitting: false, entryFileNames: 'gateway.js' } },
    },
  },

  /** `dist/renderer`, the window: for `app://` and for HTTP alike. Nothing inline, since the policy of both allows none. */
  window: {
    root: join(root, 'renderer'),
    base: './',
    plugins: [react(), precompress()],
    build: {
      outDir: join(root, 'dist/renderer'),
      // The window, and the panel of the app for a quick task.
      rolldownOptions: {
        input: ['renderer/index.html', 'renderer/quick-entry/index.html'].map((page) => join(root, page)),
        // What both have in common is one file: many small ones are compressed worse, and each is named by all others.
        output: { codeSplitting: { groups: [{ name: 'common', test: inCommon }] } },
      },
      emptyOutDir: true,
      target: 'chrome140',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
      // Names of scripts to load ahead would be a part of the first script, which is what a slow link waits for.
      modulePreload: {
        polyfill: false,
        resolveDependencies: (_file, files) => files.filter((name) => name.endsWith('.css')),
      },
      sourcemap: false,
    },
  },
} satisfies Record<string, UserConfig>

export default defineConfig(({ mode }) => {
  // React has a second, slow form for whoever develops it, which a variable of the user's would choose.
  process.env.NODE_ENV = 'production'
  if (mode in parts) return parts[mode as keyof typeof parts]
  throw new Error(
    `There is no part '${mode}'. Run: npm run build, or vite build --mode ${Object.keys(parts).join('|')}`,
  )
})
