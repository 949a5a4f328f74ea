import { lstat, opendir } from 'node:fs/promises'

/** Names in a folder that a guest could fill without end: so many at most, in no order. None where it is no folder, or cannot be read. */
export async function firstNames(folder: string, most: number): Promise<readonly string[]> {
  const names: string[] = []
  try {
    if (!(await lstat(folder)).isDirectory()) return []
    for await (const { name } of await opendir(folder)) {
      names.push(name)
      if (names.length >= most) break
    }
  } catch {
    return []
  }
  return names
}
