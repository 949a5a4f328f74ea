import { useState } from 'react'
import { commandLimit, isCommand, type MergePolicy, mergePolicyText } from '../../../main/core/merge/merge-policy.ts'
import type { ForgeWish } from '../../../main/core/pull-request.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Select } from '../../parts/select.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { showNotice } from '../../stores/notices.ts'
import { RequestFields, type RequestTexts, textsOf, wishOf } from './request-fields.tsx'

type Kind = MergePolicy['kind'] | 'request'

const kinds: readonly { readonly value: Kind; readonly word: string; readonly about: string }[] = [
  { value: 'auto', word: 'By itself', about: 'Work that succeeded comes onto your branch at once.' },
  { value: 'review', word: 'After my review', about: 'Work waits in Needs You until you accept it.' },
  {
    value: 'request',
    word: 'In a pull request',
    about:
      'Work waits for a review, and is pushed to a branch of the remote, with a request for it. What becomes of that is told here.',
  },
  {
    value: 'check',
    word: 'When a check succeeds',
    about: 'The command runs in the task’s machine, after the agent. Where it fails, the work waits in Needs You.',
  },
]

/** What was, or is to be: a policy alone, or a review in pull requests. */
type Rule = { readonly policy: MergePolicy; readonly wish: ForgeWish | null }

/** What has to happen before the work of a repository's tasks is merged. */
export function MergePolicyDialog({ repository, onClose }: { repository: RepositoryRow; onClose: () => void }) {
  const { alias, mergePolicy, pullRequests } = repository
  const [kind, setKind] = useState<Kind>(pullRequests === undefined ? mergePolicy.kind : 'request')
  const [command, setCommand] = useState(mergePolicy.kind === 'check' ? mergePolicy.command : '')
  const [typed, setTyped] = useState<RequestTexts | null>(null)
  const [fault, setFault] = useState(false)
  const answer = useAnswer('forge', { alias })
  const { forge, secrets } = answer.status === 'ready' ? answer.value : { forge: null, secrets: [] }
  const texts = typed ?? textsOf(forge, secrets)
  const known: ForgeWish | null = forge && wishOf(textsOf(forge, secrets))
  const before: Rule = { policy: mergePolicy, wish: pullRequests === undefined ? null : known }

  const save = async (): Promise<boolean> => {
    const wish = kind === 'request' ? wishOf(texts) : null
    const wrong = kind === 'request' ? wish === null : kind === 'check' && !isCommand(command)
    setFault(wrong)
    if (wrong) return false
    const policy: MergePolicy = kind === 'check' ? { kind, command } : { kind: kind === 'request' ? 'review' : kind }
    if (!(await keep(alias, { policy, wish }))) return false
    const where = wish === null ? '' : ', in pull requests'
    const title = `Work in “${alias}” is merged ${mergePolicyText(policy)}${where}`
    const undo = async (): Promise<void> => void (await keep(alias, before))
    showNotice({ title, body: '', place: null, undo })
    return true
  }
  return (
    <Dialog title={`When to merge tasks of “${alias}”`} confirm="Save" onClose={onClose} onConfirm={save}>
      <Select label="When to merge" value={kind} options={kinds} onChange={setKind} />
      <p className="second">{kinds.find(({ value }) => value === kind)?.about}</p>
      {kind === 'request' && <RequestFields texts={texts} secrets={secrets} fault={fault} onChange={setTyped} />}
      {kind === 'check' && (
        <>
          <input
            className="input mono"
            aria-label="Check command"
            aria-invalid={fault}
            placeholder="npm test"
            spellCheck={false}
            maxLength={commandLimit}
            value={command}
            onChange={(event) => setCommand(event.target.value)}
          />
          {fault && (
            <p className="small bad" role="alert">
              A command is needed.
            </p>
          )}
        </>
      )}
    </Dialog>
  )
}

/** Whether it holds now. */
async function keep(alias: string, { policy, wish }: Rule): Promise<boolean> {
  const kept =
    wish === null ? await act('setMergePolicy', { alias, policy }) : await act('setForge', { alias, ...wish })
  return kept !== undefined
}
