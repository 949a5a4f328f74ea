import { doubt, type Finding, type RepositoryFile } from './finding.ts'

const lockFile = /^(.*\/)?(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/
const managerOf = (name: string): string =>
  name.replace(/^(package-lock|npm-shrinkwrap).*/, 'npm').replace(/[-.].*/, '')

/** Where lock files of several package managers lie in one folder, and its package.json does not say which of them counts. Pure. */
export function contradictingLocks(files: readonly RepositoryFile[]): readonly Finding[] {
  const byFolder = new Map<string, string[]>()
  for (const { path } of files) {
    const [, folder = '', name] = lockFile.exec(path) ?? []
    if (name !== undefined) byFolder.set(folder, [...(byFolder.get(folder) ?? []), name])
  }
  return [...byFolder].flatMap(([folder, names]) => {
    const manifest = files.find(({ path }) => path === `${folder}package.json`)
    if (new Set(names.map(managerOf)).size < 2 || manifest?.text?.includes('"packageManager"')) return []
    const [first = '', ...others] = names.sort()
    const beside = `lies beside ${others.join(' and ')}, and no packageManager says which counts: the tools of each are there`
    return [doubt({ path: `${folder}${first}` }, beside)]
  })
}
