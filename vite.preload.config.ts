import { defineConfig } from 'vite'

/** `dist/preload/index.cjs`: a sandboxed preload is one CommonJS file. */
export default defineConfig({
  build: {
    ssr: 'preload/index.ts',
    target: 'chrome140',
    outDir: 'dist/preload',
    emptyOutDir: true,
    minify: false,
    sourcemap: false,
    rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'index.cjs' } },
  },
})
