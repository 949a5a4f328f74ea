import type { TaskRow } from '../../../preload/live-state.ts'
import { Button } from '../../parts/button.tsx'
import { go } from '../../stores/navigation.ts'

export const CompareButton = ({ task: { id } }: { task: TaskRow }) => (
  <Button look="primary" icon="list" onClick={() => go({ view: 'attempts', id })}>
    Compare…
  </Button>
)
