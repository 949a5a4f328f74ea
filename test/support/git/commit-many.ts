import { fastImport } from './fast-import.ts'
import { gitIn } from './repositories.ts'

/** Commits so many files at once as would take their time one by one; the work tree stays as it is. Answers the commit's id. */
export async function commitMany(
  repo: string,
  paths: Iterable<string>,
  content: string,
  { ref = 'refs/heads/many', from = 'HEAD' } = {},
): Promise<string> {
  const parts = [
    `blob\nmark :1\ndata ${Buffer.byteLength(content)}\n${content}\n`,
    `commit ${ref}\ncommitter A <a@example.com> 1700000000 +0000\ndata 5\nMany\n\nfrom ${await gitIn(repo, ['rev-parse', from])}\n`,
  ]
  for (const path of paths) parts.push(`M 100644 :1 ${path}\n`)
  return await fastImport(repo, ref, parts.join(''))
}
