import type { ChangedFile } from '../../preload/task-details.ts'
import { modeText } from '../core/merge/file-mode.ts'
import type { FileChange } from '../git/changes/list-changes.ts'

/** What the window lists of a change. Pure. */
export function changedFile(change: FileChange): ChangedFile {
  const { path, oldPath, status, added, removed, binary, oldBlob, newBlob } = change
  const mode = modeText(oldBlob.mode, newBlob.mode)
  return { path, oldPath, status, added, removed, binary, ...(mode !== null && { mode }) }
}
