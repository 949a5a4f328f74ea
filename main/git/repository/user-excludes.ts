import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * What the user ignores in a repository without saying so in its files: everywhere (`core.excludesFile`, or where git looks without
 * it) and in this repository's `info/exclude`, which comes last because it counts more. latin1.
 */
export async function userExcludes(
  { path, commonDirectory }: { readonly path: string; readonly commonDirectory: string },
  excludesFile: string | null,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const everywhere = await textIfThere(excludesFile === null ? defaultFile(env) : expanded(excludesFile, path, env))
  const own = await textIfThere(join(commonDirectory, 'info', 'exclude'))
  return everywhere === '' || everywhere.endsWith('\n') ? everywhere + own : `${everywhere}\n${own}`
}

const defaultFile = (env: NodeJS.ProcessEnv) =>
  join(env.XDG_CONFIG_HOME || join(env.HOME ?? homedir(), '.config'), 'git', 'ignore')

const expanded = (file: string, repository: string, env: NodeJS.ProcessEnv) => {
  if (file.startsWith('~/')) return join(env.HOME ?? homedir(), file.slice(2))
  return file === '' || isAbsolute(file) ? file : join(repository, file)
}

/** git ignores a file of patterns that it cannot read, and warns of it where a person sees that. */
async function textIfThere(path: string): Promise<string> {
  try {
    return path !== '' && (await stat(path)).isFile() ? await readFile(path, 'latin1') : ''
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(code)) return ''
    throw error
  }
}
