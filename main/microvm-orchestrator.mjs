#!/usr/bin/env node
// The command's entry. Installed, it runs the built bundle; in a checkout, the TypeScript source, which Node 24 reads as it is.
// Written so that an older Node can parse it: it then looks for the Node 24 that the lock file brings, or says what to do.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const installed = root.split(/[/\\]/).includes('node_modules')
const entry = join(root, installed ? 'dist/cli.js' : 'main/cli.ts')

if (Number(process.versions.node.split('.')[0]) >= neededMajor) {
  await import(entry)
} else {
  const bundledNode = [join(root, 'node_modules/.bin/node'), join(root, '../.bin/node')].find((path) =>
    existsSync(path),
  )
  if (!bundledNode) {
    console.error(
      `microvm-orchestrator needs Node ${neededMajor} or newer; this is ${process.version}. Install it from https://nodejs.org or with your package manager.`,
    )
    process.exit(1)
  }
  const child = spawn(bundledNode, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
