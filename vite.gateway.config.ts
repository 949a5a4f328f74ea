import { defineConfig } from 'vite'

/** `dist/gateway/gateway.js` for the packed app: one file, beside the app's archive, since Node cannot look into that. */
export default defineConfig({
  build: {
    ssr: 'main/gateway/main.ts',
    target: 'node24',
    outDir: 'dist/gateway',
    emptyOutDir: true,
    minify: false,
    sourcemap: false,
    rolldownOptions: { output: { format: 'esm', codeSplitting: false, entryFileNames: 'gateway.js' } },
  },
})
