import { defineConfig } from 'vite'

/**
 * `dist/cli.js` for the installed package: Node refuses to strip types below `node_modules`. Packages stay outside the bundle. Each command
 * keeps a chunk of its own: put into one file, every package that any command needs would be loaded before the first.
 */
export default defineConfig({
  build: {
    ssr: 'main/cli.ts',
    target: 'node24',
    outDir: 'dist',
    emptyOutDir: true,
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      output: { format: 'esm', entryFileNames: 'cli.js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
