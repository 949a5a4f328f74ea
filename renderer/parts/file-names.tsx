import type { RowState } from '../../preload/live-state.ts'
import { count } from '../format.ts'

/** The files that are in the way of a merge, as far as they are told. */
export function FileNames({ state }: { state: Extract<RowState, { phase: 'finished' }> }) {
  const more = state.fileCount - state.files.length
  return (
    <ul className="card file-names" aria-label="Files">
      {state.files.map((file) => (
        <li key={file}>{file}</li>
      ))}
      {more > 0 && <li className="second">and {count(more, 'more file')}</li>}
    </ul>
  )
}
