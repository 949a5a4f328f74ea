import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { conflictResolverAgent } from '../core/merge/conflict-resolver.ts'
import { writeAtomically } from '../lib/files/atomic-file.ts'
import type { Terminal } from './terminal/terminal.ts'

/** The last line says what the rest was when we wrote it: a file that someone changed is told from one of an older version. */
const sealOf = (text: string): string =>
  `<!-- microvm-orchestrator ${createHash('sha256').update(text).digest('hex').slice(0, 16)} -->\n`

const isOurs = (content: string): boolean => {
  const end = content.lastIndexOf('<!-- microvm-orchestrator ')
  return end >= 0 && content.slice(end) === sealOf(content.slice(0, end))
}

/** Where Claude Code looks for a user's agents. */
const agentsFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.CLAUDE_CONFIG_DIR || join(homedir(), '.claude'), 'agents')

/**
 * Lays down the agent that resolves conflicts for the user's Claude Code, and says where.
 * @throws AppError('argument-invalid') when one is there that is not ours or was changed, unless forced.
 */
export async function installAgent(
  terminal: Pick<Terminal, 'say' | 'env'>,
  { force }: { readonly force: boolean },
): Promise<void> {
  const folder = agentsFolder(terminal.env)
  const path = join(folder, 'conflict-resolver.md')
  const wanted = conflictResolverAgent + sealOf(conflictResolverAgent)
  const there = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (there === wanted) return terminal.say(`Up to date: ${path}`)
  if (there !== undefined && !isOurs(there) && !force) {
    throw new AppError('argument-invalid', `${path} is there and was changed`, {
      hint: 'Move it away, or replace it: microvm-orchestrator install-agent --force',
    })
  }
  await mkdir(folder, { recursive: true })
  await writeAtomically(path, wanted, 0o644)
  terminal.say(`Installed: ${path}`)
}
