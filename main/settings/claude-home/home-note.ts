import type { HomeFiles } from './home-copies.ts'

/** The list of what came along, for the task's record. */
export function homeNote({ files, leftOut }: HomeFiles): string | null {
  const names = (all: readonly { readonly path: string }[]): string => {
    const shown = all.slice(0, 40).map(({ path }) => path)
    return `${shown.join(', ')}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ''}`
  }
  if (files.length === 0 && leftOut.length === 0) return null
  const came =
    files.length > 0 ? `Came along from your Claude Code: ${names(files)}` : 'Nothing of your Claude Code came along'
  return leftOut.length > 0 ? `${came}; stayed at home: ${names(leftOut)}` : came
}
