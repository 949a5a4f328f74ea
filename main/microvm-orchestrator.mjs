#!/usr/bin/env node
// The command's entry. Installed, it runs the built bundle; in a checkout, the TypeScript source, which Node 24 reads as it is.
// Written so that an older Node can parse it: it then looks for the Node 24 that the lock file brings, or says what to do.
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import node24 from './node24.cjs'

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const installed = root.split(/[/\\]/).includes('node_modules')
const entry = join(root, installed ? 'dist/cli.js' : 'main/cli.ts')

const missing = node24.whatIsMissing()
const node = node24.findNode()
if (missing) {
  console.error(missing)
  process.exit(1)
} else if (node === process.execPath) {
  await import(entry)
} else {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
