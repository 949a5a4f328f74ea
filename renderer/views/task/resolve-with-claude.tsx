import type { TaskId } from '../../../main/core/task/task.ts'
import { act } from '../../api.ts'
import { Button } from '../../parts/button.tsx'
import { useSettings } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'

/** Another task resolves the conflicts of this one, in a machine of its own; the window goes to it. */
export function ResolveWithClaude({ id }: { id: TaskId }) {
  const queue = useSettings()?.queue ?? false
  return (
    <Button
      busy="Starting…"
      onClick={async () => {
        const started = await act('resolveTask', { id, queue })
        if (started) go({ view: 'task', id: started.id })
      }}
    >
      Resolve with Claude
    </Button>
  )
}
