import type { ChangedFile, Changes } from '../../../../preload/task-details.ts'
import { count, splitPath } from '../../../format.ts'
import { Icon } from '../../../parts/icon.tsx'
import { moveFocus } from '../../../parts/move-focus.ts'
import { SearchField } from '../../../parts/search-field.tsx'
import { useChosen } from '../../../stores/navigation.ts'

interface Props {
  readonly changes: Pick<Changes, 'files' | 'fileCount'>
  readonly chosen: string
  readonly onChoose: (path: string) => void
  /** Paths that the reader has marked as seen. */
  readonly viewed?: ReadonlySet<string>
}

const marks: Readonly<Record<ChangedFile['status'], readonly [letter: string, tone: string, word: string]>> = {
  added: ['A', 'good', 'added'],
  modified: ['M', 'warn', 'modified'],
  deleted: ['D', 'bad', 'deleted'],
  renamed: ['R', 'accent', 'renamed'],
  'type-changed': ['T', 'warn', 'another type'],
}

/** The files by folder; the arrow keys go from one to the next. */
export function FileList({ changes, chosen, onChoose, viewed }: Props) {
  const [words, setWords] = useChosen('files')
  const text = words ?? ''
  const wanted = text.toLowerCase()
  const files = changes.files.filter(({ path }) => path.toLowerCase().includes(wanted))
  const more = changes.fileCount - changes.files.length
  return (
    <nav className="files" aria-label="Changed files" onKeyDown={moveFocus}>
      <SearchField label="Filter files" finds value={text} onChange={(next) => setWords(next || null)} />
      <ul>
        {files.map((file, index) => (
          <Entry
            key={file.path}
            file={file}
            folder={folderOf(file) === folderOf(files[index - 1]) ? null : folderOf(file)}
            current={file.path === chosen}
            viewed={viewed?.has(file.path) ?? false}
            onChoose={() => onChoose(file.path)}
          />
        ))}
        {files.length === 0 && <li className="folder">No file has “{text}” in its path.</li>}
        {more > 0 && <li className="folder">and {count(more, 'more file')}</li>}
      </ul>
    </nav>
  )
}

const folderOf = (file: ChangedFile | undefined): string | undefined => file && splitPath(`/${file.path}`)[0].slice(1)

function Entry(props: {
  file: ChangedFile
  folder: string | null | undefined
  current: boolean
  viewed: boolean
  onChoose: () => void
}) {
  const { file, folder, current, viewed, onChoose } = props
  const [letter, tone, word] = marks[file.status]
  return (
    <li>
      {folder && (
        <div className="folder cut" title={folder}>
          {folder}
        </div>
      )}
      <button
        type="button"
        className={viewed ? 'file viewed' : 'file'}
        data-stop
        aria-current={current ? 'true' : undefined}
        title={file.oldPath === null ? file.path : `${file.oldPath} → ${file.path}`}
        onClick={onChoose}
      >
        <span className={`mark ${viewed ? 'second' : tone}`} aria-hidden="true">
          {viewed ? <Icon name="check" size="small" /> : letter}
        </span>
        <span className="cut">{splitPath(`/${file.path}`)[1].slice(1) || file.path}</span>
        <span className="unseen">
          , {word}
          {viewed && ', viewed'}
        </span>
        {file.mode && <span className="second mode">{file.mode}</span>}
        <span className="figure">
          {file.binary ? (
            <span className="second">binary</span>
          ) : (
            <>
              <span className="good">+{file.added}</span> <span className="bad">−{file.removed}</span>
            </>
          )}
        </span>
      </button>
    </li>
  )
}
