import { OutputTooLarge } from '../../../lib/processes/output-too-large.ts'
import { gitQuickly, utf8 } from '../../process/git.ts'

const limitBytes = 8 * 1024 ** 2

/**
 * The text of `flake.nix` in the commit that is checked out, with one start of git. Undefined where it cannot be had so: there is no such
 * commit or file, it is too large, or it was not fetched yet. `findFlakeProblem` says which of them is a problem.
 */
export async function committedFlake(path: string): Promise<string | undefined> {
  const input = 'HEAD^{commit}\nHEAD:flake.nix\n'
  const env = { GIT_NO_LAZY_FETCH: '1' }
  try {
    // A link is followed within the commit, as Nix follows it.
    const asked = ['cat-file', '--batch', '--follow-symlinks']
    const { stdout } = await gitQuickly(asked, { cwd: path, trust: 'user', input, env, outputLimitBytes: limitBytes })
    const [head = '', bytes] = /^[0-9a-f]+ commit (\d+)\n/.exec(stdout) ?? []
    if (bytes === undefined) return undefined
    const answer = stdout.slice(head.length + Number(bytes) + 1)
    const [, text] = /^[0-9a-f]+ blob \d+\n([\s\S]*)\n$/.exec(answer) ?? []
    return text === undefined ? undefined : utf8(text)
  } catch (error) {
    if (error instanceof OutputTooLarge) return undefined
    throw error
  }
}
