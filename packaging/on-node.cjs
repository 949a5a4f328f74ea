// `node packaging/on-node.cjs PROGRAM ARGUMENTS...`: what every npm script begins with. Runs a file of this checkout (FILE.ts), or a
// program that a package brings, on a Node that is new enough; says in one sentence what to do where there is none.
const { spawn } = require('node:child_process')
const { delimiter, dirname, join } = require('node:path')
const { findNode, whatIsMissing } = require('../main/node24.cjs')

const root = join(__dirname, '..')
const [program = '', ...args] = process.argv.slice(2)

const missing = whatIsMissing()
if (missing) {
  console.error(missing)
  process.exit(1)
}
const node = findNode()
const binaries = join(root, 'node_modules/.bin')
const path = [dirname(node), binaries, process.env.PATH].join(delimiter)
const [file, first] = program.endsWith('.ts') ? [node, [join(root, program)]] : [join(binaries, program), []]
const child = spawn(file, [...first, ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } })
child.on('error', (error) => {
  console.error(`${program} cannot be started: ${error.message}. Run: npm ci`)
  process.exit(1)
})
// A Ctrl-C reaches the child by itself, since it shares the terminal; this process waits for its end.
process.on('SIGINT', () => undefined)
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
