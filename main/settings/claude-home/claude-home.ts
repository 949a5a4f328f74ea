import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type HomePart, homeTextParts } from '../../core/home-parts.ts'
import { unusable } from '../../lib/files/private-folder.ts'
import { HomeCopies, type HomeFiles } from './home-copies.ts'
import { takePlugins } from './home-plugins.ts'
import { type Reach, takeServers } from './home-servers.ts'

/** Where the user's Claude Code has its files. */
interface ClaudeHome {
  readonly folder: string
  /** The file with the MCP servers of the user, among much else. */
  readonly state: string
}

export function claudeHomeOf(env: NodeJS.ProcessEnv): ClaudeHome {
  const home = env.HOME || homedir()
  return env.CLAUDE_CONFIG_DIR
    ? { folder: env.CLAUDE_CONFIG_DIR, state: join(env.CLAUDE_CONFIG_DIR, '.claude.json') }
    : { folder: join(home, '.claude'), state: join(home, '.claude.json') }
}

/**
 * Copies of the parts that the user has. A part itself may be a link, as those have it who keep such files elsewhere.
 * @throws AppError('home-unusable') for what cannot be read or understood.
 */
export async function readClaudeHome(
  { folder, state }: ClaudeHome,
  parts: readonly HomePart[],
  reach: Reach,
): Promise<HomeFiles> {
  const copies = new HomeCopies()
  for (const part of homeTextParts.filter((each) => parts.includes(each))) {
    try {
      await copies.take(part, await realpath(join(folder, part)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(join(folder, part), error)
    }
  }
  if (parts.includes('plugins')) await takePlugins(copies, folder)
  if (parts.includes('mcp-servers')) await takeServers(copies, state, reach)
  return { files: copies.files, leftOut: copies.leftOut }
}
