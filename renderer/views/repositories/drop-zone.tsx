import { useEffect, useState } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { addDropped, type Dropped } from '../../stores/adding.ts'

/** A folder has no type while it is dragged; most files have one, and whatever is promised to them is not kept. */
const hasFolder = ({ dataTransfer }: DragEvent): boolean =>
  [...(dataTransfer?.items ?? [])].some(({ kind, type }) => kind === 'file' && type === '')

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false

/** The whole window takes folders. */
export function DropZone() {
  const [over, setOver] = useState<'folder' | 'file' | null>(null)
  useEffect(() => {
    // Each element that is entered and left tells; the window is left when all are.
    let depth = 0
    const count = (by: number) => (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth = Math.max(0, depth + by)
      setOver(depth === 0 ? null : hasFolder(event) ? 'folder' : 'file')
    }
    const onOver = (event: DragEvent): void => {
      if (!event.dataTransfer || !hasFiles(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = hasFolder(event) ? 'copy' : 'none'
    }
    const onDrop = (event: DragEvent): void => {
      event.preventDefault()
      depth = 0
      setOver(null)
      void addDropped(droppedIn(event.dataTransfer))
    }
    const stop = new AbortController()
    const { signal } = stop
    window.addEventListener('dragenter', count(1), { signal })
    window.addEventListener('dragleave', count(-1), { signal })
    window.addEventListener('dragover', onOver, { signal })
    window.addEventListener('drop', onDrop, { signal })
    return () => stop.abort()
  }, [])
  if (over === null) return null
  return (
    <div className="drop">
      <div role="status">
        <Icon name="repo" size="large" />
        <b>{over === 'folder' ? 'Release to register this folder' : 'Only folders can be registered'}</b>
        <p>
          {over === 'folder'
            ? 'Tasks can then run in it. Nothing in it is changed.'
            : 'Drop the folder of a git repository.'}
        </p>
      </div>
    </div>
  )
}

/** The list is empty as soon as the event is over, so it is read at once. */
function droppedIn(transfer: DataTransfer | null): readonly Dropped[] {
  return [...(transfer?.items ?? [])].flatMap((item) => {
    const file = item.getAsFile()
    const entry = item.webkitGetAsEntry()
    if (item.kind !== 'file' || !file) return []
    return [{ name: file.name, file, isFolder: entry?.isDirectory ?? false }]
  })
}
