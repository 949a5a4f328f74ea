import { create } from 'zustand'
import type { Added } from '../../preload/host.ts'
import { act, host } from '../api.ts'
import { splitPath } from '../format.ts'
import { go } from './navigation.ts'
import { showNotice } from './notices.ts'

/** What the user is asked while a repository is added. */
export type Question =
  | { readonly kind: 'path'; readonly suggestion: string }
  | Exclude<Added, { kind: 'registered' }>
  | { readonly kind: 'flake-written'; readonly path: string; readonly file: string }

/** One question at a time, first come. */
export const useAdding = create<{ readonly questions: readonly Question[] }>(() => ({ questions: [] }))

export const ask = (question: Question): void =>
  useAdding.setState(({ questions }) => ({ questions: [...questions, question] }))

export const answered = (): void => useAdding.setState(({ questions }) => ({ questions: questions.slice(1) }))

/** Registers a folder, or asks what is to be done about it. Resolves with the alias once it is registered. */
export async function addRepository(
  path: string,
  environment?: 'auto' | 'tools' | 'plain',
): Promise<string | undefined> {
  const added = await act('addRepository', { path, ...(environment && { environment }) })
  if (!added) return undefined
  if (added.kind !== 'registered') {
    ask(added)
    return undefined
  }
  go({ view: 'repositories' })
  showNotice({
    title: `Registered as “${added.alias}”`,
    body: added.notes.join(' ') || 'Claude Code can run tasks in it by this name.',
    place: null,
  })
  return added.alias
}

/** By the system's dialog, or by a typed path where there is none. */
export async function addFolders(isDesktop: boolean): Promise<void> {
  if (!isDesktop) return ask({ kind: 'path', suggestion: '' })
  const chosen = await act('chooseFolders', {})
  for (const path of chosen?.paths ?? []) await addRepository(path)
}

export interface Dropped {
  readonly name: string
  readonly isFolder: boolean
  readonly file: unknown
}

/** Folders are registered; what else was dropped is named. */
export async function addDropped(all: readonly Dropped[]): Promise<void> {
  const others = all.filter(({ isFolder }) => !isFolder)
  if (others.length > 0) {
    const names = others.map(({ name }) => `“${name}”`).join(', ')
    showNotice({
      tone: 'bad',
      title: 'Only folders can be registered',
      body: `${names} ${others.length === 1 ? 'is a file' : 'are files'}. Drop the folder of a git repository.`,
      place: null,
    })
  }
  for (const { file, name, isFolder } of all) {
    if (!isFolder) continue
    const path = host().pathOf(file)
    if (path !== '') await addRepository(path)
    else ask({ kind: 'path', suggestion: name })
  }
}

export const nameOf = (path: string): string => splitPath(path)[1].replaceAll('/', '')
