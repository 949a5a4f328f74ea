import { useState } from 'react'
import { commandLimit, isCommand, type MergePolicy, mergePolicyText } from '../../../main/core/merge/merge-policy.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Select } from '../../parts/select.tsx'
import { showNotice } from '../../stores/notices.ts'

const kinds: readonly { readonly value: MergePolicy['kind']; readonly word: string; readonly about: string }[] = [
  { value: 'auto', word: 'By itself', about: 'Work that succeeded comes onto your branch at once.' },
  { value: 'review', word: 'After my review', about: 'Work waits in Needs You until you accept it.' },
  {
    value: 'check',
    word: 'When a check succeeds',
    about: 'The command runs in the task’s machine, after the agent. Where it fails, the work waits in Needs You.',
  },
]

/** What has to happen before the work of a repository's tasks is merged. */
export function MergePolicyDialog({ repository, onClose }: { repository: RepositoryRow; onClose: () => void }) {
  const { alias, mergePolicy } = repository
  const [kind, setKind] = useState(mergePolicy.kind)
  const [command, setCommand] = useState(mergePolicy.kind === 'check' ? mergePolicy.command : '')
  const [fault, setFault] = useState(false)
  const save = async (): Promise<boolean> => {
    const wrong = kind === 'check' && !isCommand(command)
    setFault(wrong)
    if (wrong) return false
    const policy: MergePolicy = kind === 'check' ? { kind, command } : { kind }
    if (!(await act('setMergePolicy', { alias, policy }))) return false
    const title = `Work in “${alias}” is merged ${mergePolicyText(policy)}`
    const undo = async (): Promise<void> => void (await act('setMergePolicy', { alias, policy: mergePolicy }))
    showNotice({ title, body: '', place: null, undo })
    return true
  }
  return (
    <Dialog title={`When to merge tasks of “${alias}”`} confirm="Save" onClose={onClose} onConfirm={save}>
      <Select label="When to merge" value={kind} options={kinds} onChange={setKind} />
      <p className="second">{kinds.find(({ value }) => value === kind)?.about}</p>
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
