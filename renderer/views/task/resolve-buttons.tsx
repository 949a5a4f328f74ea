import type { TaskRow } from '../../../preload/live-state.ts'
import { Button } from '../../parts/button.tsx'
import { go } from '../../stores/navigation.ts'
import { ResolveWithClaude } from './resolve-with-claude.tsx'

/** The two ways out of conflicts. */
export function ResolveButtons({ task: { id } }: { task: TaskRow }) {
  return (
    <>
      <ResolveWithClaude id={id} />
      <Button look="primary" icon="merge" onClick={() => go({ view: 'resolve', id })}>
        Resolve…
      </Button>
    </>
  )
}
