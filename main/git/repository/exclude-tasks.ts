import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { gitQuickly } from '../process/git.ts'
import { locateRepository } from './inspect-repository.ts'

const line = '.microvm/'

/**
 * Keeps `.microvm/` out of `git status` by the repository's own `info/exclude`; the user's tracked files stay as they are.
 * @throws AppError('repository-invalid') with the file when it cannot be written, and nothing else of the user's hides that folder.
 */
export async function excludeTasks(repoPath: string, signal?: AbortSignal): Promise<void> {
  const { commonDirectory } = await locateRepository(repoPath, signal)
  const path = join(commonDirectory, 'info', 'exclude')
  try {
    const present = await readIfThere(path)
    if (present.split(/\r?\n/).includes(line)) return
    await mkdir(join(commonDirectory, 'info'), { recursive: true })
    // Appending disturbs nothing; a second line, should two of us append at once, means the same as one.
    await appendFile(path, `${present === '' || present.endsWith('\n') ? '' : '\n'}${line}\n`)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    const ignored = ['check-ignore', '--quiet', '--', `${line}tasks`]
    if ((await gitQuickly(ignored, { cwd: repoPath, trust: 'user' }, signal)).exitCode === 0) return
    throw new AppError(
      'repository-invalid',
      `${path} cannot be written, and so tasks cannot be hidden from git: ${code}`,
      {
        hint: `Make it a file that you can write, or add the line ${line} to a .gitignore`,
        cause,
      },
    )
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
