import type { TaskRow } from '../../../preload/live-state.ts'
import { adviceFor } from '../../advice.ts'
import { Button } from '../../parts/button.tsx'
import { mergeNow } from './merge-now.ts'

interface Props {
  readonly task: TaskRow
  /** Whether it is the thing to do; by itself, where the same merge can go well now. */
  readonly primary?: boolean
}

export const MergeButton = ({ task, primary = adviceFor(task)?.again ?? false }: Props) => (
  <Button look={primary ? 'primary' : undefined} icon="merge" busy="Merging…" onClick={() => mergeNow(task)}>
    Merge Now
  </Button>
)
