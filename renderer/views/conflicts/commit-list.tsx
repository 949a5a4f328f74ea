import type { CommitProgress, ConflictsView } from '../../../main/core/merge/conflicts.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { moveFocus } from '../../parts/move-focus.ts'
import { Path } from '../../parts/path.tsx'
import { isSame, type OpenFile, progressOf, resolutionText } from './conflict-model.ts'

const states: Readonly<Record<CommitProgress['state'], readonly [icon: IconName, tone: string, word: string]>> = {
  applied: ['pass', 'good', 'applies by itself'],
  settled: ['pass', 'good', 'settled'],
  stopped: ['merge', 'warn', 'collides'],
  waiting: ['clock', 'second', 'waits for those before'],
}

interface Props {
  readonly view: ConflictsView
  readonly open: OpenFile
  /** Typed text would be lost by opening another file. */
  readonly locked: boolean
  readonly onOpen: (file: OpenFile) => void
}

/** The commits in the order in which they go onto the branch, and under each the files that collide. */
export function CommitList({ view, open, locked, onOpen }: Props) {
  const { files, chosen, commits, commit } = progressOf(view)
  return (
    <nav className="settle-list" aria-label="Commits and files" onKeyDown={moveFocus}>
      <p className="settle-progress small second" role="status">
        {chosen} of {files} {files === 1 ? 'file' : 'files'}, commit {commit} of {commits}
      </p>
      <progress className="settle-bar" max={files} value={chosen} aria-label="Files chosen for" />
      <ol>
        {view.commits.map((it) => {
          const [icon, tone, word] = states[it.state]
          return (
            <li key={it.id}>
              <div className="settle-commit" title={it.subject}>
                <span className={tone}>
                  <Icon name={icon} size="small" />
                </span>
                <b className="cut">{it.subject}</b>
                <small>
                  <span className="mono">{it.id.slice(0, 7)}</span> {word}
                </small>
              </div>
              {it.files.map((file) => {
                const { path } = file.conflict
                const mine = { commit: it, file }
                const current = isSame(open, mine)
                return (
                  <button
                    key={path}
                    type="button"
                    data-stop
                    className="settle-file"
                    aria-current={current ? 'true' : undefined}
                    disabled={locked && !current}
                    onClick={() => onOpen(mine)}
                  >
                    <span className={file.resolution ? 'good' : 'warn'}>
                      <Icon name={file.resolution ? 'check' : 'needs'} size="small" />
                    </span>
                    <span className="grow">
                      <Path path={path} className="mono" />
                      <small className="cut">{file.resolution ? resolutionText(file.resolution) : 'to choose'}</small>
                    </span>
                  </button>
                )
              })}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
