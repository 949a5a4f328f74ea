import type { TaskRow } from '../../../preload/live-state.ts'
import { Button } from '../../parts/button.tsx'
import { go } from '../../stores/navigation.ts'

export const ReviewButton = ({ task: { id } }: { task: TaskRow }) => (
  <Button look="primary" icon="checks" onClick={() => go({ view: 'review', id })}>
    Review…
  </Button>
)
