import { builtinModules } from 'node:module'
import { defineConfig } from 'vite'

/** `dist/main`, the desktop app's main process with all packages in it: the packed app has no `node_modules`. */
export default defineConfig({
  ssr: { noExternal: true },
  // Packages that were CommonJS ask for these.
  define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
  resolve: { conditions: ['node', 'import', 'default'] },
  build: {
    ssr: 'main/index.ts',
    target: 'node24',
    outDir: 'dist/main',
    emptyOutDir: true,
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      external: ['electron', /^node:/, ...builtinModules],
      output: { format: 'esm', entryFileNames: 'index.js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
