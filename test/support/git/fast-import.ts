import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { gitIn } from './repositories.ts'

/** Makes commits by a stream of git-fast-import(1), many at once; the work tree stays as it is. Answers the id of the ref's last commit. */
export async function fastImport(repo: string, ref: string, stream: string): Promise<string> {
  const child = spawn('git', ['fast-import', '--quiet', '--force'], { cwd: repo, stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(stream)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
  return await gitIn(repo, ['rev-parse', ref])
}
