import { useState } from 'react'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { bytes, cost, count } from '../../format.ts'
import { Blank } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useKeyHint } from '../../parts/key-names.ts'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { addFolders } from '../../stores/adding.ts'
import { useIsDesktop, useSnapshot } from '../../stores/live.ts'
import { showNotice } from '../../stores/notices.ts'
import { MergePolicyDialog } from './merge-policy-dialog.tsx'
import { Repository } from './repository.tsx'

const none: readonly RepositoryRow[] = []

export function Repositories() {
  const isDesktop = useIsDesktop()
  const hint = useKeyHint('O')
  const repositories = useSnapshot((snapshot) => snapshot.repositories, none)
  const usage = useAnswer('diskUsage', {}, repositories.length)
  const disk = usage.status === 'ready' ? usage.value : null
  const [removing, setRemoving] = useState<RepositoryRow | null>(null)
  const [deciding, setDeciding] = useState<RepositoryRow | null>(null)
  const about = [
    repositories.length > 0 && `${repositories.length} registered`,
    repositories.length > 0 && disk && `${bytes(disk.totalBytes)} on disk`,
  ]
  const add = (
    <Button icon="plus" keys={hint} onClick={() => addFolders(isDesktop)}>
      {isDesktop ? 'Add Folder…' : 'Add Repository…'}
    </Button>
  )
  return (
    <>
      <ToolBar title="Repositories" about={about.filter(Boolean).join(' · ')}>
        {add}
      </ToolBar>
      {repositories.length === 0 ? (
        <Blank icon="repo" title="No repositories yet" actions={add}>
          {isDesktop ? 'Drop a folder anywhere on this window, or add one here.' : 'Add one by the path of its folder.'}{' '}
          Its flake.nix, or what its files ask for, says which tools tasks find.
        </Blank>
      ) : (
        <>
          <div className="repository-columns" aria-hidden="true">
            <span>Repository</span>
            <span>Branch</span>
            <span>Last task</span>
            <span className="figure">Disk</span>
            <span />
          </div>
          <div className="scroll">
            <ul className="repositories">
              {repositories.map((repository) => (
                <Repository
                  key={repository.alias}
                  repository={repository}
                  diskBytes={disk?.byRepository[repository.alias] ?? null}
                  onRemove={() => setRemoving(repository)}
                  onPolicy={() => setDeciding(repository)}
                />
              ))}
            </ul>
            {isDesktop && <div className="hint-zone">Drop a folder anywhere on this window to register it.</div>}
          </div>
          <Totals repositories={repositories} slotsBytes={disk?.slotsBytes ?? null} />
        </>
      )}
      {deciding && <MergePolicyDialog repository={deciding} onClose={() => setDeciding(null)} />}
      {removing && <Remove repository={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

function Totals({ repositories, slotsBytes }: { repositories: readonly RepositoryRow[]; slotsBytes: number | null }) {
  const tasks = repositories.reduce((sum, repository) => sum + repository.tasks, 0)
  const spent = repositories.reduce((sum, repository) => sum + repository.costUsd, 0)
  return (
    <footer className="status">
      {slotsBytes !== null && <span>Slots hold {bytes(slotsBytes)}</span>}
      <span className="grow" />
      <span>
        {count(tasks, 'task')} · {cost(spent)}
      </span>
    </footer>
  )
}

function Remove({ repository, onClose }: { repository: RepositoryRow; onClose: () => void }) {
  const { alias } = repository
  return (
    <Dialog
      title={`Remove “${alias}” from the list?`}
      confirm="Remove"
      danger
      onClose={onClose}
      onConfirm={async () => {
        if (!(await act('removeRepository', { alias }))) return false
        const notice = { title: `${alias} is off the list`, body: 'Its tasks and their refs stay.', place: null }
        const { environment } = repository
        // Another environment is chosen on the command line alone.
        if (environment.kind !== 'auto' && environment.kind !== 'plain') showNotice(notice)
        else showNotice({ ...notice, undo: () => addAgain(repository, environment.kind) })
        return true
      }}
    >
      <p className="second">
        Its folder, its tasks and their refs stay as they are. Running tasks go on; new ones cannot start in it until
        you add it again.
      </p>
    </Dialog>
  )
}

/** The same folder with the same policies; an alias that was chosen by hand is made from the folder's name again. */
async function addAgain({ path, egress, mergePolicy }: RepositoryRow, environment: 'auto' | 'plain'): Promise<void> {
  const added = await act('addRepository', { path, environment })
  if (added?.kind !== 'registered') return
  const { alias } = added
  if (mergePolicy.kind !== 'auto') await act('setMergePolicy', { alias, policy: mergePolicy })
  if (egress !== null) await act('setEgress', { alias, egress })
}
