import { useState } from 'react'
import { act } from '../../api.ts'
import { count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { copyAndSay } from '../../parts/copy.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { isConflict, isUnmerged } from '../../parts/states.ts'
import { showNotice } from '../../stores/notices.ts'
import type { Marks } from './use-marks.ts'

/** What can be done with all the rows that are marked. */
export function SelectionBar({ marks, onDone }: { marks: Marks; onDone: () => void }) {
  const [asking, setAsking] = useState<'again' | 'clean-up' | null>(null)
  const { rows } = marks
  const ended = rows.filter(({ state }) => state.phase === 'finished')
  const waiting = rows.filter((row) => isUnmerged(row) && !isConflict(row))
  const done = (): void => {
    marks.clear()
    onDone()
  }
  return (
    <footer className="status selection">
      <span role="status">{count(rows.length, 'task')} selected</span>
      <span className="grow" />
      {waiting.length > 0 && (
        <Button
          tiny
          icon="merge"
          busy="Merging…"
          onClick={async () => {
            const merged = await each(waiting, async ({ id }) => (await act('mergeTask', { id }))?.merged === true)
            say('Merged', merged, waiting.length)
            done()
          }}
        >
          Merge {waiting.length}
        </Button>
      )}
      <Button tiny icon="again" disabled={ended.length === 0} onClick={() => setAsking('again')}>
        Run Again…
      </Button>
      <Button tiny icon="copy" onClick={() => copyAndSay(rows.map(({ id }) => id).join(' '), count(rows.length, 'id'))}>
        Copy IDs
      </Button>
      <Button tiny icon="trash" disabled={ended.length === 0} onClick={() => setAsking('clean-up')}>
        Clean Up…
      </Button>
      <Button tiny look="plain" onClick={marks.clear}>
        Clear
      </Button>
      {asking === 'again' && (
        <Dialog
          title={`Run ${count(ended.length, 'task')} again?`}
          confirm="Run Again"
          onClose={() => setAsking(null)}
          onConfirm={async () => {
            const started = await each(ended, async ({ id }) => (await act('retryTask', { id })) !== undefined)
            say('Started again', started, ended.length)
            done()
            return true
          }}
        >
          <p className="second">
            Each starts anew with its text, from its branch as it is now, and costs what it costs.
          </p>
        </Dialog>
      )}
      {asking === 'clean-up' && (
        <Dialog
          title={`Clean up ${count(ended.length, 'task')}?`}
          confirm="Clean Up"
          danger
          onClose={() => setAsking(null)}
          onConfirm={async () => {
            const gone = await each(ended, async ({ id }) => {
              return (await act('cleanupTask', { id, deleteRef: false })) !== undefined
            })
            say('Cleaned up', gone, ended.length)
            done()
            return true
          }}
        >
          <p className="second">
            Their folders are deleted: clones, consoles, records. They leave the history. Work that is at a ref stays
            there.
          </p>
        </Dialog>
      )}
    </footer>
  )
}

/** One after the other. @returns how many came off. */
async function each<One>(all: readonly One[], action: (one: One) => Promise<boolean>): Promise<number> {
  let done = 0
  for (const one of all) if (await action(one)) done += 1
  return done
}

function say(what: string, done: number, of: number): void {
  const title = `${what}: ${done === of ? count(done, 'task') : `${done} of ${count(of, 'task')}`}`
  showNotice({ tone: done === of ? 'plain' : 'bad', title, body: '', place: null })
}
