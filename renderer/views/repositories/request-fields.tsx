import type { ForgeKind, ForgeWish } from '../../../main/core/pull-request.ts'
import type { ForgeView } from '../../../preload/repository.ts'
import { Command } from '../../parts/copy.tsx'
import { SelectField, TextField } from '../../parts/fields.tsx'

/** What is typed of a repository's forge. */
export interface RequestTexts {
  readonly forge: ForgeKind
  readonly secret: string
  readonly remote: string
  /** Empty means: the branch that a task started from. */
  readonly target: string
  /** The address of the API, where that is known of this forge and remote. */
  readonly api?: string
}

const forgeWords: readonly { readonly value: ForgeKind; readonly word: string }[] = [
  { value: 'github', word: 'GitHub' },
  { value: 'gitlab', word: 'GitLab' },
  { value: 'gitea', word: 'Gitea or Forgejo' },
]

export const textsOf = (forge: ForgeView['forge'], secrets: readonly string[]): RequestTexts => ({
  forge: forge?.kind ?? 'github',
  secret: forge?.secret ?? secrets[0] ?? '',
  remote: forge?.remote ?? 'origin',
  target: forge?.target ?? '',
  ...(forge && { api: forge.api }),
})

/** Null while something is missing. */
export function wishOf({ forge, secret, remote, target, api }: RequestTexts): ForgeWish | null {
  if (secret === '' || remote.trim() === '') return null
  return {
    ...{ forge, secret, remote: remote.trim() },
    ...(target.trim() !== '' && { target: target.trim() }),
    ...(api !== undefined && { api }),
  }
}

interface Props {
  readonly texts: RequestTexts
  readonly secrets: readonly string[]
  /** Whether something was missing when it was to be kept. */
  readonly fault: boolean
  readonly onChange: (texts: RequestTexts) => void
}

/** Which forge, with which secret, and what is pushed to and merged into. */
export function RequestFields({ texts, secrets, fault, onChange }: Props) {
  const { api: _, ...elsewhere } = texts
  const names = texts.secret === '' || secrets.includes(texts.secret) ? secrets : [texts.secret, ...secrets]
  return (
    <>
      <SelectField
        id="request-forge"
        label="Forge"
        value={texts.forge}
        options={forgeWords}
        onChange={(forge) => onChange({ ...elsewhere, forge })}
      />
      {names.length > 0 ? (
        <SelectField
          id="request-secret"
          label="Secret"
          value={texts.secret}
          options={names.map((value) => ({ value, word: value }))}
          onChange={(secret) => onChange({ ...texts, secret })}
        />
      ) : (
        <div>
          <p className="second small">No secret is kept yet. Add a token of the forge, then open this again:</p>
          <Command text="microvm-orchestrator secrets add FORGE --host github.com --for-this-host" />
        </div>
      )}
      <TextField
        id="request-remote"
        label="Remote"
        mono
        invalid={fault && texts.remote.trim() === ''}
        value={texts.remote}
        onChange={(remote) => onChange({ ...elsewhere, remote })}
      />
      <TextField
        id="request-target"
        label="Merge into"
        mono
        placeholder="The branch that a task started from"
        value={texts.target}
        onChange={(target) => onChange({ ...texts, target })}
      />
      {fault && (
        <p className="small bad" role="alert">
          A secret and a remote are needed.
        </p>
      )}
    </>
  )
}
