import { defineConfig } from 'vite'

/**
 * `dist/cli.js` for the installed package: Node refuses to strip types below `node_modules`. Packages stay outside the bundle. Each command
 * keeps a chunk of its own: put into one file, every package that any command needs would be loaded before the first. `dist/gateway.js`
 * is a program beside it, which may read nothing but this folder.
 */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'dist',
    emptyOutDir: true,
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      input: { cli: 'main/cli.ts', gateway: 'main/gateway/main.ts', worker: 'main/worker/main.ts' },
      output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
