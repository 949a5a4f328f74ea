import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { readPrivateFile, writePrivateFile } from '../lib/files/private-file.ts'

export type KeyVariable = 'CLAUDE_CODE_OAUTH_TOKEN' | 'ANTHROPIC_API_KEY'

export interface Key {
  /** The variable under which Claude Code takes it. */
  readonly variable: KeyVariable
  readonly value: string
  readonly source: 'environment' | 'file'
}

const variables: readonly KeyVariable[] = ['CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_API_KEY']

export const tokenPath = (home: string): string => join(home, 'token')

/**
 * The key for the agents: CLAUDE_CODE_OAUTH_TOKEN, ANTHROPIC_API_KEY, then the token file.
 * @throws AppError('key-missing'), or AppError('token-unsafe') when others can read the file or the value cannot be a key.
 */
export async function findKey(env: NodeJS.ProcessEnv, home: string): Promise<Key> {
  for (const variable of variables) {
    const value = env[variable]?.trim()
    if (!value) continue
    requirePlain(value, variable)
    return { variable, value, source: 'environment' }
  }
  const value = await readToken(tokenPath(home))
  if (value === undefined) {
    throw new AppError('key-missing', 'No API key found', {
      hint: 'Run: microvm-orchestrator setup-token, or set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY',
    })
  }
  return { variable: variableFor(value), value, source: 'file' }
}

/** An environment for a program that is none of the agents', without their keys. Pure. */
export const withoutKeys = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !variables.some((variable) => variable === name)))

/** Stores the token for its owner alone (0600) and says where. @throws AppError('token-unsafe' | 'home-unusable') */
export async function storeToken(home: string, token: string): Promise<string> {
  const path = tokenPath(home)
  requirePlain(token, 'the token')
  await writePrivateFile(path, token)
  return path
}

/** API keys start with `sk-ant-api`; everything else in the file is what `claude setup-token` gave. */
const variableFor = (value: string): KeyVariable =>
  value.startsWith('sk-ant-api') ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN'

async function readToken(path: string): Promise<string | undefined> {
  const value = (await readPrivateFile(path))?.trim()
  if (!value) return undefined
  requirePlain(value, path)
  return value
}

/** A key becomes a header and a line of a file: nothing but visible ASCII may be in it. The message never shows it. */
function requirePlain(value: string, origin: string): void {
  if (/^[\x21-\x7e]+$/.test(value)) return
  throw new AppError(
    'token-unsafe',
    `The key in ${origin} holds spaces, line breaks or other characters that no key has`,
    {
      hint: 'Set it again; a line break in a copied token is the usual cause',
    },
  )
}
