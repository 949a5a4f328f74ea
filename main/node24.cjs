// Finds the Node that everything runs on. Plain old JavaScript: whatever Node a system brings must be able to read it.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const neededMajor = 24
const root = join(__dirname, '..')

/** Path of a Node that is new enough: this one, or the one that the lock file brings on Linux x64. Undefined when there is none. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath
  return [join(root, 'node_modules/.bin/node'), join(root, '../.bin/node')].find((path) => existsSync(path))
}

/** Why nothing can run here yet, one sentence with its cure; undefined when all is there. */
function whatIsMissing() {
  const isCheckout = existsSync(join(root, 'package-lock.json'))
  if (isCheckout && !existsSync(join(root, 'node_modules'))) {
    return `The packages of microvm-orchestrator are not installed yet. Run: cd '${root}' && npm ci`
  }
  if (findNode() !== undefined) return undefined
  const brought = 'On Linux x64, npm ci brings it, unless optional packages are left out; else install'
  return `microvm-orchestrator needs Node ${neededMajor} or newer; this is ${process.version}. ${brought} it from https://nodejs.org or with your package manager.`
}

module.exports = { findNode, whatIsMissing }
