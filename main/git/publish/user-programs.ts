import { type GitOptions, gitQuickly, utf8, zeroSeparated } from '../process/git.ts'

/** The programs that the user's configuration has git run on contents, by the names that attributes choose them by. */
export interface UserPrograms {
  /** Of filters: whether one runs when a file is checked out, or has to. */
  readonly filters: ReadonlyMap<string, { readonly runs: boolean; readonly isRequired: boolean }>
  /** Environment under which git runs none of them. A merge that a driver would make is a conflict then. */
  readonly off: Readonly<Record<string, string>>
}

/**
 * Attributes are contents, so a task's commit can choose which of the user's filters and merge drivers runs on what it holds, with which
 * settings beside it (`.lfsconfig`): none of them runs while its work is merged.
 */
export async function userPrograms(user: GitOptions, signal?: AbortSignal): Promise<UserPrograms> {
  const args = ['config', '-z', '--get-regexp', '^(filter|merge)\\..*\\.(smudge|clean|process|required|driver)$']
  // Status 1: there is none.
  return parsePrograms(utf8((await gitQuickly(args, user, signal)).stdout))
}

/** The output of `config -z --get-regexp`: `NAME\nVALUE`, or the name alone. Pure. */
export function parsePrograms(output: string): UserPrograms {
  const filters = new Map<string, { runs: boolean; isRequired: boolean }>()
  const off = new Map<string, string>()
  for (const entry of zeroSeparated(output)) {
    const lineEnd = entry.indexOf('\n')
    const key = lineEnd < 0 ? entry : entry.slice(0, lineEnd)
    const value = lineEnd < 0 ? 'true' : entry.slice(lineEnd + 1)
    const [section = ''] = key.split('.', 1)
    const name = key.slice(section.length + 1, key.lastIndexOf('.'))
    const property = key.slice(key.lastIndexOf('.') + 1)
    if (section === 'merge') {
      if (property === 'driver') off.set(key, 'false') // The program that fails: what it would have merged collides.
      continue
    }
    const filter = filters.get(name) ?? { runs: false, isRequired: false }
    filters.set(name, filter)
    // A later entry replaces an earlier one.
    if (property === 'required') filter.isRequired = !/^(false|no|off|0|)$/i.test(value)
    else if (property !== 'clean') filter.runs ||= value !== ''
    off.set(key, property === 'required' ? 'false' : '')
  }
  const settings = [...off]
  return {
    filters,
    off: Object.fromEntries([
      ['GIT_CONFIG_COUNT', String(settings.length)],
      ...settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ]),
  }
}

/** Which of the user's filters each path is for, by the attributes of an index: those paths alone that one of them is to make. */
export async function filteredPaths(
  { filters }: UserPrograms,
  paths: readonly string[],
  onIndex: GitOptions,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...filters].flatMap(([name, { runs, isRequired }]) => (runs || isRequired ? [name] : []))
  if (wanted.length === 0 || paths.length === 0) return new Map()
  const input = paths.map((path) => `${path}\0`).join('')
  const args = ['check-attr', '-z', '--cached', '--stdin', 'filter']
  const answers = zeroSeparated((await gitQuickly(args, { ...onIndex, input })).stdout)
  const found = new Map<string, string>()
  for (let at = 0; at + 2 < answers.length; at += 3) {
    const filter = utf8(answers[at + 2] ?? '')
    if (wanted.includes(filter)) found.set(answers[at] ?? '', filter)
  }
  return found
}
