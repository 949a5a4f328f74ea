import { useState } from 'react'
import { type EnvironmentWish, environmentWord } from '../../../main/core/environment/environment.ts'
import type { Failure } from '../../../main/core/failure.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { act, host } from '../../api.ts'
import { Problem } from '../../parts/blank.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Select } from '../../parts/select.tsx'
import { showNotice } from '../../stores/notices.ts'

type Kind = EnvironmentWish['kind']

const words: Readonly<Record<Kind, { readonly word: string; readonly about: string }>> = {
  auto: {
    word: 'What the repository has',
    about: 'Its own flake where it has one, else its dev container, else the tools that its files ask for.',
  },
  flake: { word: 'Its flake.nix', about: 'The development shell of the repository’s own flake.' },
  devcontainer: {
    word: 'Its dev container',
    about: 'What .devcontainer describes; the first task of a slot builds it.',
  },
  tools: {
    word: 'The tools its files ask for',
    about: 'A flake that is made of files such as package.json, .nvmrc and go.mod.',
  },
  plain: {
    word: 'The machine’s own tools',
    about: 'What every machine has by itself: git, Node, Python, a C compiler and the usual tools.',
  },
  folder: { word: 'A flake of mine', about: 'A folder of this host with a flake.nix, outside the repository.' },
}

const kinds = Object.entries(words).map(([value, { word }]) => ({ value: value as Kind, word }))

/** What the tasks of a repository are to work in from now on. */
export function EnvironmentDialog({ repository, onClose }: { repository: RepositoryRow; onClose: () => void }) {
  const { alias, environment } = repository
  const [kind, setKind] = useState(environment.kind)
  const [folder, setFolder] = useState(environment.kind === 'folder' ? environment.path : '')
  const [failure, setFailure] = useState<Failure | null>(null)
  const save = async (): Promise<boolean> => {
    const word = kind === 'folder' ? folder.trim() : kind
    if (word === '') return false
    const reply = await host().call('setEnvironment', { alias, environment: word })
    setFailure(reply.ok ? null : reply.failure)
    if (!reply.ok) return false
    const undo = async (): Promise<void> =>
      void (await act('setEnvironment', { alias, environment: environmentWord(environment) }))
    const title = `What tasks of “${alias}” work in: ${words[kind].word}`
    showNotice({ title, body: 'It holds for tasks that start from now on.', place: null, undo })
    return true
  }
  return (
    <Dialog title={`What tasks of “${alias}” work in`} confirm="Save" onClose={onClose} onConfirm={save}>
      <Select label="Tools" value={kind} options={kinds} onChange={setKind} />
      <p className="second">{words[kind].about} Tasks that run go on with what they have.</p>
      {kind === 'folder' && (
        <input
          className="input mono"
          aria-label="Folder with a flake"
          placeholder="~/flakes/node"
          spellCheck={false}
          value={folder}
          onChange={(event) => setFolder(event.target.value)}
        />
      )}
      {failure && <Problem failure={failure} />}
    </Dialog>
  )
}
