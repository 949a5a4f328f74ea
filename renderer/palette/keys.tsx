import { Dialog } from '../parts/dialog.tsx'
import { shortcut } from '../parts/key-names.ts'

const keys: readonly (readonly [keys: string, what: string])[] = [
  [shortcut('K'), 'Find an action or a task'],
  ['?', 'These keys'],
  [shortcut('N'), 'New task'],
  [shortcut('O'), 'Add a repository'],
  [`${shortcut('1')} to ${shortcut('7')}`, 'Slots, Needs You, History, Repositories, Set-up, Settings, Places'],
  [shortcut('F'), 'Find in what is shown'],
  [shortcut('⏎'), 'Send what is written'],
  ['Esc', 'Back, or leave a dialog'],
  ['Arrows', 'Go through slots, lists, tabs and menus'],
  ['Space', 'A glance at a row of History'],
  ['J and K', 'In a review: the next file, or the one before'],
  ['X, E', 'In a review: mark the file as viewed, show all its lines'],
  ['N, P, C', 'In a review: the next change, the one before, comment on it'],
  ['Alt with an arrow', 'The next conflict, or the one before'],
  ['1 to 3', 'In a conflict: base, yours, the task’s'],
  ['4, 5, 0', 'In a conflict: both, both the other way round, neither'],
  [shortcut('Z'), 'Among conflicts: undo the last choice'],
]

/** The keys of the window. */
export function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" confirm="Done" onClose={onClose} onConfirm={() => true}>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
