import { type GitOptions, gitOrThrow } from './git.ts'

/** The contents of objects of one type, in the order of their ids; latin1, one character a byte. @throws when one is not there. */
export async function readObjects(
  call: GitOptions,
  type: 'commit' | 'blob',
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (ids.length === 0) return []
  const { stdout } = await gitOrThrow(['cat-file', '--batch'], { ...call, input: lines(ids) }, signal)
  const contents: string[] = []
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf('\n', at)
    const [id, found, size] = stdout.slice(at, lineEnd).split(' ')
    if (found !== type) throw new Error(`${id} is no ${type} here`)
    const start = lineEnd + 1
    contents.push(stdout.slice(start, start + Number(size)))
    at = start + Number(size) + 1
  }
  return contents
}

/** Bytes of each object, by id; without those that are not there. */
export async function objectSizes(
  call: GitOptions,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const { stdout } = await gitOrThrow(['cat-file', '--batch-check'], { ...call, input: lines(ids) }, signal)
  const answers = stdout.split('\n').map((line) => line.split(' '))
  return new Map(answers.flatMap(([id = '', , size]) => (size === undefined ? [] : [[id, Number(size)]])))
}

const lines = (ids: readonly string[]) => ids.map((id) => `${id}\n`).join('')
