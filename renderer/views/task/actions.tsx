import { useState } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { TaskDetails } from '../../../preload/task-details.ts'
import { act } from '../../api.ts'
import { Button } from '../../parts/button.tsx'
import { copyAndSay } from '../../parts/copy.tsx'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { isConflict, isToChoose, isToReview } from '../../parts/states.ts'
import { useIsDesktop, useLive } from '../../stores/live.ts'
import { back } from '../../stores/navigation.ts'
import { CompareButton } from './compare-button.tsx'
import { focusContinue } from './continue/continue-field.tsx'
import { landingOf } from './landing/landing-of.ts'
import { MergeButton } from './merge-button.tsx'
import { OnTop } from './on-top-dialog.tsx'
import { ResolveButtons } from './resolve-buttons.tsx'
import { ReviewButton } from './review-button.tsx'
import { runAgain } from './run-again.ts'
import { CleanUp, Stop } from './task-dialogs.tsx'

/** What can be done with a task, as it stands. */
export function TaskActions({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  const isDesktop = useIsDesktop()
  const [asking, setAsking] = useState<'stop' | 'clean-up' | 'on-top' | null>(null)
  const isDarwin = useLive(({ host }) => host?.platform === 'darwin')
  const { id } = row
  const finished = row.state.phase === 'finished'
  const isLanding = landingOf(row) !== undefined
  const open = (program: 'editor' | 'terminal' | 'finder') => () => void act('openTask', { id, with: program })
  const opening: readonly MenuItem[] = [
    { icon: 'terminal', word: 'Open in Terminal', onChoose: open('terminal') },
    { icon: 'repo', word: isDarwin ? 'Show in Finder' : 'Show in Files', onChoose: open('finder') },
  ]
  const items: readonly MenuItem[] = [
    ...(isDesktop ? opening : []),
    { icon: 'say', word: 'Continue…', disabled: !finished, onChoose: focusContinue },
    ...(row.overlap && !finished
      ? [
          {
            icon: 'again' as const,
            word: `Continue on Top of ${row.overlap.with}…`,
            onChoose: () => setAsking('on-top'),
          },
        ]
      : []),
    { icon: 'copy', word: 'Copy Task ID', onChoose: () => void copyAndSay(id, 'the task’s id') },
    {
      icon: 'copy',
      word: 'Copy Ref',
      disabled: row.ref === null,
      onChoose: () => void copyAndSay(row.ref ?? '', 'the ref'),
    },
    {
      icon: 'copy',
      word: 'Copy Folder Path',
      disabled: !details,
      onChoose: () => void copyAndSay(details?.folder ?? '', 'the path of the folder'),
    },
    { icon: 'trash', word: 'Clean Up…', disabled: !finished, onChoose: () => setAsking('clean-up') },
  ]
  return (
    <>
      {isDesktop && (
        <Button icon="open" onClick={open('editor')}>
          Open in Editor
        </Button>
      )}
      {finished && (
        <Button icon="again" busy="Starting…" onClick={() => runAgain(row)}>
          Run Again
        </Button>
      )}
      {finished && !isLanding && <Waiting row={row} />}
      {row.state.phase === 'waiting' && (
        <Button look="primary" icon="pass" busy="Finishing…" onClick={() => act('finishTask', { id })}>
          Finish
        </Button>
      )}
      {(!finished || isLanding) && (
        <Button
          icon="stop"
          look="danger"
          disabled={row.state.phase === 'stopping' || (row.state.phase === 'merging' && !isLanding)}
          onClick={() => setAsking('stop')}
        >
          {finished ? 'Take It Out' : 'Stop'}
        </Button>
      )}
      <Menu label="More actions" items={items} />
      {asking === 'stop' && <Stop row={row} onClose={() => setAsking(null)} />}
      {asking === 'on-top' && row.overlap && (
        <OnTop row={row} other={row.overlap.with} onClose={() => setAsking(null)} />
      )}
      {asking === 'clean-up' && <CleanUp row={row} onClose={() => setAsking(null)} onDone={back} />}
    </>
  )
}

/** What brings work on that waits at its ref. */
function Waiting({ row }: { row: TaskRow }) {
  if (isConflict(row)) return <ResolveButtons task={row} />
  if (isToReview(row)) return <ReviewButton task={row} />
  if (isToChoose(row)) return <CompareButton task={row} />
  if (row.ref === null) return null
  return <MergeButton task={row} />
}
